// How many pictures of faces a second the rungs of the face network read on a GPU, beside LibTorch's forms: the
// preset's network, the same weights and pictures, which lie in device memory on both sides, as do the probabilities.
// And how many they learn from: training.cpp.
//
// Axes: rung, pictures at once (1, 256, 4,096), LibTorch's variant. A reading is one CUDA graph on our side.
//
// --emulated runs ours on the host emulator and LibTorch's forms on the CPU, few pictures: gates and plumbing; its
// times mean nothing.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "bench/baselines/libtorch.h"
#include "bench/baselines/libtorch_face_device.h"
#include "bench/faces/subjects.h"
#include "bench/gpu/faces/runs.h"
#include "bench/gpu/faces/training.h"
#include "bench/gpu/target.h"
#include "bench/harness/contest.h"
#include "bench/harness/context.h"
#include "bench/harness/subjects.h"
#include "engine/face/network.h"

namespace bench::gpu {
namespace {

using kernels::FaceFusion;
using libtorch::FaceVariant;

Target target = Target::cuda;

libtorch::Place place() { return target == Target::cuda ? libtorch::Place::gpu : libtorch::Place::cpu; }

/// Operands of 11 bits: each of eight stages adds about 2^-12 of its maps, and the softmax leaves a small part of it.
/// What is wrong by a tap or a channel is wrong by tens of percents.
constexpr double kHalfGate = 1e-2;

double gate_of(FaceFusion fusion) { return fusion >= FaceFusion::tensor ? kHalfGate : kGate; }
double gate_of(FaceVariant variant) {
  return target == Target::emulated || variant == FaceVariant::eager_fp32 ? kGate : kHalfGate;
}

/// Probabilities of the pictures as our CPU reads them.
std::vector<float> on_host(const engine::FaceModel& model, const std::vector<float>& pictures) {
  engine::FaceNetwork network(model);
  return classify(network, pictures);
}

std::unique_ptr<FaceRuns> runs_of(const engine::FaceModel& model, FaceFusion fusion,
                                  const std::vector<float>& pictures) {
#if AFFETTO_BENCH_CUDA
  if (target == Target::cuda) return on_cuda::make_face_runs(model, fusion, pictures);
#endif
  return on_emulator::make_face_runs(model, fusion, pictures);
}

void check(const std::string& name, const engine::FaceModel& model, const std::vector<float>& pictures,
           std::vector<float> got, double gate) {
  check_gate(name, relative_error(got, on_host(model, pictures)), gate);
}

Contest reading(FaceFusion fusion, int count, FaceVariant variant) {
  const kernels::DeviceState state = device_state(target);
  if (!state.available) throw NotMeasured("no GPU (" + state.why_not + ")");
  const engine::FaceModel model = face_model();
  const std::vector<float> pictures = random_pictures(static_cast<std::size_t>(count), 7);
  const std::string batch = ", batch " + std::to_string(count);
  const std::shared_ptr<FaceRuns> ours = runs_of(model, fusion, pictures);
  pass_once(kernels::name_of(fusion) + batch, [&] {
    ours->read(1);
    check(std::string("ours, ") + kernels::name_of(fusion) + batch, model, pictures, ours->probabilities(),
          gate_of(fusion));
  });
  Contest contest{.ours = {std::string("Affetto ") + kernels::name_of(fusion),
                           [ours](std::int64_t units) { ours->read(static_cast<int>(units)); }},
                  .unit = "pictures/s",
                  .work_per_unit = static_cast<double>(count)};
  const std::string why_not = target == Target::cuda ? libtorch::gpu_why_not() : "";
  if (!why_not.empty() || !libtorch::available()) {
    contest.theirs.name = "LibTorch not measured: " + (why_not.empty() ? "LibTorch not found" : why_not);
    return contest;
  }
  const std::shared_ptr<libtorch::DeviceFaceReader> theirs =
      libtorch::make_device_face_reader(model, variant, pictures, place());
  pass_once(libtorch::name_of(variant) + batch, [&] {
    theirs->read(1);
    check(std::string("LibTorch, ") + libtorch::name_of(variant) + batch, model, pictures, theirs->probabilities(),
          gate_of(variant));
  });
  contest.theirs = {std::string("LibTorch ") + libtorch::name_of(variant),
                    [theirs](std::int64_t units) { theirs->read(static_cast<int>(units)); }};
  return contest;
}

/// The network in one launch for one picture, and the rung of large batches, against LibTorch's fastest form.
double target_of(FaceFusion fusion, int count, FaceVariant variant) {
  if (variant != FaceVariant::graph_fp16) return 0;
  if (fusion == FaceFusion::whole && count == 1) return 3;
  return fusion == FaceFusion::tensor && count == 4096 ? 1 : 0;
}

void add_rows(const Timing& timing) {
  const std::vector<int> counts = target == Target::cuda ? std::vector<int>{1, 256, 4096} : std::vector<int>{1, 3};
  for (const int count : counts) {
    for (std::size_t f = 0; f < kernels::kFaceFusionNames.size(); ++f) {
      for (const FaceVariant variant : libtorch::kFaceVariants) {
        const auto fusion = static_cast<FaceFusion>(f);
        add_row(std::string("face/") + kernels::name_of(fusion) + "/batch:" + std::to_string(count) + "/" +
                    libtorch::name_of(variant),
                target_of(fusion, count, variant), timing, [=] { return reading(fusion, count, variant); });
      }
    }
  }
}

}  // namespace
}  // namespace bench::gpu

int main(int argc, char** argv) try {
  bench::gpu::target = bench::gpu::take_target(argc, argv);
  bench::Timing timing = bench::start(argc, argv);
  timing.most_seconds = 3;
  bench::add_context();
  bench::gpu::add_rows(timing);
  bench::gpu::add_training_rows(timing, bench::gpu::target);
  return bench::run_rows();
} catch (const std::exception& error) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return 1;
}
