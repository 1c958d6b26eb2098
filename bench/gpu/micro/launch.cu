// From the start of a tiny kernel to the start of the next one, which waits for it: in a stream, in a graph, and with
// programmatic dependent launch. Behind a kernel that spins, so that the host is ahead and only the device is measured;
// the row "host" is without it.
#include <utility>

#include "bench/gpu/micro/lab.h"
#include "bench/gpu/micro/ptx.cuh"
#include "kernels/device/launch.cuh"
#include "kernels/runtime/cuda/check.h"
#include "kernels/runtime/graph.h"

namespace bench::gpu {
namespace {

constexpr int kKernels = 256;  // in a row; fewer than the 1,024 launches that a stream's queue holds

__global__ void delay(long long cycles) {
  for (const long long began = clock64(); clock64() - began < cycles;) {
  }
}

// Counts only if the kernel before it has: an order that is not kept shows in the end.
template <bool kDependent>
__global__ void step(unsigned* counter, unsigned expected) {
  if constexpr (kDependent) {
    ptx::let_next_kernel_start();
    ptx::wait_for_previous_kernel();
  }
  if (blockIdx.x == 0 && threadIdx.x == 0 && *counter == expected) *counter = expected + 1;
}

struct Shape {
  const char* name;
  unsigned blocks, threads;
};
constexpr Shape kShapes[] = {{"1x32", 1, 32}, {"132x256", 132, 256}};

void launch_dependent(const Shape& shape, kernels::StreamRef stream, unsigned* counter, unsigned expected) {
  cudaLaunchAttribute early{};
  early.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  early.val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(shape.blocks);
  config.blockDim = dim3(shape.threads);
  config.stream = static_cast<cudaStream_t>(stream.handle);
  config.attrs = &early;
  config.numAttrs = 1;
  kernels::check(cudaLaunchKernelEx(&config, step<true>, counter, expected), "cudaLaunchKernelEx");
}

void launch_row(const Shape& shape, bool dependent, kernels::StreamRef stream, unsigned* counter) {
  for (unsigned i = 0; i < kKernels; ++i) {
    if (dependent) {
      launch_dependent(shape, stream, counter, i);
    } else {
      kernels::launch("step", step<false>, {.grid = shape.blocks, .block = shape.threads}, stream, counter, i);
    }
  }
}

kernels::Graph graph_of(const Shape& shape, bool dependent, kernels::StreamRef stream, unsigned* counter) {
  kernels::GraphCapture capture(stream);
  launch_row(shape, dependent, stream, counter);
  return capture.finish();
}

class Launches {
 public:
  explicit Launches(Lab& lab) : lab_(lab), counter_(lab.stream(), 1) {}

  void measure(const std::string& name, double predicted, bool delayed, const std::function<void()>& enqueue) {
    const auto samples = Lab::repeat([&] {
      counter_.fill(0);
      if (delayed) {
        // Eight milliseconds: the host needs one or two to enqueue the row.
        kernels::launch("delay", delay, {.grid = 1, .block = 1}, lab_.stream(), 16'000'000);
      }
      const double us = lab_.microseconds(enqueue);
      require_result(counter_.to_host()[0] == kKernels, name + ": kernels overtook one another");
      return us / kKernels;
    });
    lab_.report().add(name, "us per kernel", predicted, samples);
  }
  unsigned* counter() { return counter_.data(); }

 private:
  Lab& lab_;
  kernels::DeviceBuffer<unsigned> counter_;
};

void measure_shape(Lab& lab, const Shape& shape) {
  Launches launches(lab);
  const std::string name = shape.name;
  const auto row = [&](bool dependent) { launch_row(shape, dependent, lab.stream(), launches.counter()); };
  launches.measure("launch/stream/host/" + name, kLatencies.launch_stream_us, false, [&] { row(false); });
  launches.measure("launch/stream/" + name, kLatencies.launch_stream_us, true, [&] { row(false); });
  launches.measure("launch/dependent/stream/" + name, kLatencies.launch_dependent_us, true, [&] { row(true); });
  for (const bool dependent : {false, true}) {
    const kernels::Graph graph = graph_of(shape, dependent, lab.stream(), launches.counter());
    launches.measure((dependent ? "launch/dependent/graph/" : "launch/graph/") + name,
                     dependent ? kLatencies.launch_dependent_us : kLatencies.launch_graph_us, false,
                     [&] { graph.replay(lab.stream()); });
  }
}

}  // namespace

void measure_launches(Lab& lab) {
  for (const Shape& shape : kShapes) measure_shape(lab, shape);
}

}  // namespace bench::gpu
