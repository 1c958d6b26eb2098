#include "bench/gpu/generation/ours.h"

#include <stdexcept>

#include "bench/gpu/generation/runs.h"
#include "bench/harness/contest.h"

namespace bench::gpu {
namespace {

engine::CudaOptions options_of(const Setting& setting, const Ours& ours) {
  return {.state = setting.state,
          .slots = setting.batch,
          .block = setting.block,
          .fusion = ours.fusion,
          .precision = ours.precision,
          .graphs = ours.graphs};
}

#if AFFETTO_BENCH_CUDA
namespace cuda = engine::on_cuda;
std::unique_ptr<Runs> cuda_runs(const engine::Model& model, const Setting& setting, const Ours& ours) {
  return on_cuda::make_runs(model, setting, ours);
}
Choice cuda_choice(const engine::Model& model, engine::StateMode state, const Ours& ours) {
  return on_cuda::choice_of(model, state, ours);
}
#else
// device_state() says that nothing of the rest may be called.
namespace cuda {
std::unique_ptr<engine::Decoder> make_decoder(const engine::Model&, const engine::CudaOptions&) {
  throw std::logic_error("no device code in this build");
}
kernels::Fusion resolve_fusion(const engine::Model& model, const engine::CudaOptions& options) {
  return engine::on_emulator::resolve_fusion(model, options);
}
}  // namespace cuda
std::unique_ptr<Runs> cuda_runs(const engine::Model&, const Setting&, const Ours&) {
  throw std::logic_error("no device code in this build");
}
Choice cuda_choice(const engine::Model&, engine::StateMode, const Ours&) {
  throw std::logic_error("no device code in this build");
}
#endif

}  // namespace

kernels::Fusion resolve(const engine::Model& model, const Setting& setting, const Ours& ours) {
  try {
    const engine::CudaOptions options = options_of(setting, ours);
    return ours.target == Target::cuda ? cuda::resolve_fusion(model, options)
                                       : engine::on_emulator::resolve_fusion(model, options);
  } catch (const std::invalid_argument& reason) {
    throw NotMeasured(reason.what());
  }
}

std::unique_ptr<engine::Decoder> our_decoder(const engine::Model& model, const Setting& setting, const Ours& ours) {
  const engine::CudaOptions options = options_of(setting, ours);
  return ours.target == Target::cuda ? cuda::make_decoder(model, options)
                                     : engine::on_emulator::make_decoder(model, options);
}

std::unique_ptr<Runs> our_runs(const engine::Model& model, const Setting& setting, const Ours& ours) {
  Ours resolved = ours;
  // In 16 bits no rung is a choice of its own: at each advance what suits the number of pieces.
  if (ours.precision == kernels::Precision::fp32) resolved.fusion = resolve(model, setting, ours);
  return ours.target == Target::cuda ? cuda_runs(model, setting, resolved)
                                     : on_emulator::make_runs(model, setting, resolved);
}

Choice choice_of(const engine::Model& model, engine::StateMode state, const Ours& ours) {
  return ours.target == Target::cuda ? cuda_choice(model, state, ours) : on_emulator::choice_of(model, state, ours);
}

Line line_of(Runs& runs, int few, int many, double bound) {
  constexpr std::size_t kSamples = 10, kFewest = 3;
  constexpr double kMostUs = 1e6;  // of all: a slow rung is no reason to wait
  runs.advance(few);
  std::vector<double> slopes, intercepts;
  double spent = 0;
  while (slopes.size() < kSamples && (slopes.size() < kFewest || spent < kMostUs)) {
    const double small = runs.advance(few), large = runs.advance(many);
    spent += small + large;
    slopes.push_back((large - small) / (many - few));
    intercepts.push_back(small - slopes.back() * few);
    if (slopes.front() > bound) break;
  }
  return {spread_of(slopes), spread_of(intercepts)};
}

Task task_of(const engine::ModelSpec& spec, const Setting& setting) {
  return {.layers = static_cast<int>(spec.lstm.size()),
          .hidden = spec.lstm.front(),
          .inputs = static_cast<int>(spec.inputs.size()),
          .candidates = spec.head(engine::Field::pitch).size,
          .window = spec.window,
          .carry = setting.state == engine::StateMode::carry,
          .encloser = setting.encloser,
          .batch = setting.batch};
}

}  // namespace bench::gpu
