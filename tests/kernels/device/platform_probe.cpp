#include "tests/kernels/device/platform_probe.h"

#include <vector>

#include "kernels/ops/lstm_cell.h"
#include "kernels/runtime/buffer.h"

namespace kernels::AFFETTO_PLATFORM {

ProbeResult probe() {
  ProbeResult result{device_state()};
  if (!result.device.available) return result;
  const Stream stream;
  DeviceBuffer<float> pre(stream, 4), bias(stream, 4), c(stream, 1), h(stream, 1);
  const std::vector<float> gates = {0, 0, 1, 0};  // i f g o
  pre.upload(gates);
  bias.fill(0);
  c.fill(0);
  lstm_cell({pre.data(), bias.data(), c.data(), c.data(), h.data(), 1, 1}, stream);
  result.h = h.to_host()[0];
  return result;
}

}  // namespace kernels::AFFETTO_PLATFORM
