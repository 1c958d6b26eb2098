// What one step of cuDNN's LSTM costs: the kernels that LibTorch calls, without LibTorch.
//
// bench_gpu_cudnn   a line of JSON per shape on standard output
#include <cstdio>
#include <exception>

#include "bench/gpu/cudnn/lstm.h"
#include "bench/gpu/micro/lab.h"

namespace bench::gpu {
namespace {

struct Row {
  const char* name;
  LstmShape shape;
  double predicted_us;  ///< per step of all layers; 0: none
};

constexpr cudnnRNNAlgo_t kStandard = CUDNN_RNN_ALGO_STANDARD;
constexpr cudnnRNNAlgo_t kPersistent = CUDNN_RNN_ALGO_PERSIST_STATIC;
constexpr cudnnRNNAlgo_t kSmall = CUDNN_RNN_ALGO_PERSIST_STATIC_SMALL_H;

// Predictions: performance.md, section 3, over the steps that it counts there; 1.96 us measured by FlashRNN's authors
// at H = 768, B = 16.
constexpr Row kRows[] = {
    {"cudnn/small_h/1x128/fp32/batch:1", {1, 3, 128, 1, false, false, kSmall}, 1.3},
    {"cudnn/small_h/1x128/fp32/batch:32", {1, 3, 128, 32, false, false, kSmall}, 1.3},
    {"cudnn/small_h/1x128/fp32/batch:1024", {1, 3, 128, 1024, false, false, kSmall}, 0},
    {"cudnn/small_h/1x128/fp32/batch:16384", {1, 3, 128, 16384, false, false, kSmall}, 90},
    {"cudnn/small_h/1x128/fp16/batch:32", {1, 128, 128, 32, true, false, kSmall}, 1.3},
    {"cudnn/standard/1x128/tf32/batch:16384", {1, 3, 128, 16384, false, true, kStandard}, 90},
    {"cudnn/standard/3x256/tf32/batch:1", {3, 3, 256, 1, false, true, kStandard}, 22},
    {"cudnn/standard/3x256/fp16/batch:1024", {3, 128, 256, 1024, true, false, kStandard}, 24},
    {"cudnn/standard/3x512/tf32/batch:1", {3, 3, 512, 1, false, true, kStandard}, 17},
    {"cudnn/standard/3x512/fp16/batch:1", {3, 128, 512, 1, true, false, kStandard}, 9},
    {"cudnn/standard/3x512/fp16/batch:1024", {3, 128, 512, 1024, true, false, kStandard}, 0},
    {"cudnn/persist/1x512/fp16/batch:8", {1, 512, 512, 8, true, false, kPersistent}, 1.96},
    {"cudnn/persist/1x512/fp16/batch:64", {1, 512, 512, 64, true, false, kPersistent}, 1.96},
    {"cudnn/persist/1x512/fp16/batch:128", {1, 512, 512, 128, true, false, kPersistent}, 1.96},
};

/// fp32 sums in another order; TF32 and fp16 as in performance.md's gates.
double limit_of(const LstmShape& shape) { return shape.half ? 2e-3 : shape.tf32 ? 1e-3 : 1e-5; }

void measure(Lab& lab, const Row& row) {
  constexpr int kChecked = 8, kFew = 32, kMany = 160;
  CudnnLstm lstm(row.shape, kMany, lab.stream());
  const double error = lstm.error(kChecked);
  require_result(error <= limit_of(row.shape), std::string(row.name) + ": relative error " + std::to_string(error) +
                                                   " beside a plain loop in double");
  const auto time = [&](int steps) {
    lstm.prepare(steps);
    return lab.microseconds([&] { lstm.run(); });
  };
  const auto samples = Lab::repeat([&] {
    const double small = time(kFew);
    return (time(kMany) - small) / (kMany - kFew);
  });
  lab.report().add(row.name, "us per step", row.predicted_us, samples);
}

int run() {
  Report report(stdout);
  const kernels::DeviceState state = kernels::device_state();
  if (!state.available) {
    report.not_measured("cudnn", "no GPU (" + state.why_not + ")");
    return 0;
  }
  for (const Row& row : kRows) {
    try {
      Lab lab(report, state.info);
      measure(lab, row);
    } catch (const std::exception& error) {
      report.failed(row.name, error.what());
    }
  }
  return report.any_failed() ? 1 : 0;
}

}  // namespace
}  // namespace bench::gpu

int main() try { return bench::gpu::run(); } catch (const std::exception& error) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return 1;
}
