#include "app/glue/device.h"

#include <algorithm>
#include <stdexcept>

#include "app/glue/exit_codes.h"

namespace app {
namespace {

constexpr const char* kDeviceNames[] = {"reference", "cpu", "cuda", "emulated"};

// A CUDA context takes some tenths of a second to set up, in which the CPU writes this many notes (bench/results).
constexpr double kNotesWorthAGpu = 100'000;

/// In other builds these are never reached: resolve_computing() refuses before.
#if !AFFETTO_WITH_CUDA
[[noreturn]] void no_cuda() { throw std::logic_error("this build has no CUDA code"); }
#endif

Device resolve_device(const std::string& name, double notes) {
  if (name != "auto") {
    for (int i = 0; i < 4; ++i) {
      if (name == kDeviceNames[i]) return static_cast<Device>(i);
    }
    throw UsageError(
        {"usage", "--device", "it is '" + name + "', expected auto, cpu or cuda", "auto takes what is there"});
  }
  if (!built_with_cuda() || notes < kNotesWorthAGpu) return Device::cpu;
  const kernels::DeviceState state = gpu_state();
  if (state.available) return Device::cuda;
  warn("no GPU (" + state.why_not + "): computing on the CPU");
  return Device::cpu;
}

void require_gpu() {
  if (!built_with_cuda()) {
    throw DeviceError({"find GPU", "--device cuda", "this build has no CUDA code",
                       "install the CUDA toolkit and build again, or use --device cpu"});
  }
  const kernels::DeviceState state = gpu_state();
  if (!state.available) throw DeviceError({"find GPU", "--device cuda", state.why_not, state.hint});
}

[[noreturn]] void refuse_precision(const std::string& precision, const std::string& why, const std::string& hint) {
  throw UsageError({"usage", "--precision", "it is '" + precision + "', " + why, hint});
}

/// Into computing.weights or computing.operands.
void resolve_precision(const std::string& precision, Computing& computing) {
  if (precision == "auto" || precision == "fp32") return;
  const bool known = precision == "fp16" || precision == "bf16" || precision == "tf32";
  if (!known) refuse_precision(precision, "expected auto, fp32, fp16, bf16 or tf32", "auto takes the device's own");
  if (computing.device == Device::reference) {
    refuse_precision(precision, "the reference computes in fp64", "leave it at auto");
  }
  if (computing.device == Device::cpu) {
    if (precision != "fp16") {
      refuse_precision(precision, "the CPU computes in fp32, with weights in fp32 or fp16",
                       "leave it at auto, or --precision fp16 to halve the memory that large models are read from");
    }
    computing.weights = engine::WeightFormat::fp16;
    return;
  }
  if (precision == "tf32") {
    refuse_precision(precision, "this version's kernels multiply in fp32, fp16 or bf16", "take one of those");
  }
  computing.operands = precision == "fp16" ? kernels::Precision::fp16 : kernels::Precision::bf16;
}

engine::CudaOptions cuda_options(const Computing& computing, engine::StateMode state, int slots) {
  return {.state = state,
          .slots = slots,
          .block = block_for(computing),
          .fusion = computing.fusion,
          .precision = computing.operands};
}

/// A rung that does not serve a network is the command line's fault.
template <class Make>
auto with_rung(const Computing& computing, const Make& make) {
  try {
    return make();
  } catch (const engine::UnservedRung& error) {
    if (computing.fusion) {
      throw UsageError({"usage", "--fusion", error.what(), "leave it out for the fastest rung that serves the model"});
    }
    throw UsageError({"usage", "--precision", error.what(), "--precision fp32 serves every model"});
  }
}

}  // namespace

bool built_with_cuda() { return AFFETTO_WITH_CUDA; }

kernels::DeviceState gpu_state() {
#if AFFETTO_WITH_CUDA
  return engine::on_cuda::device_state();
#else
  return {.why_not = "this build has no CUDA code",
          .hint = "install the CUDA toolkit and build again, or use --device cpu",
          .info = {}};
#endif
}

std::string Computing::device_name() const { return kDeviceNames[static_cast<int>(device)]; }

std::string Computing::precision() const {
  if (device == Device::reference) return "fp64";
  if (on_gpu()) return kernels::name_of(operands);
  return weights == engine::WeightFormat::fp16 ? "fp16" : "fp32";
}

Computing resolve_computing(const DeviceOptions& options, double notes) {
  Computing computing{.device = resolve_device(options.device, notes)};
  resolve_precision(options.precision, computing);
  if (!options.fusion.empty()) {
    computing.fusion = kernels::find_fusion(options.fusion);
    std::string names;
    for (const char* name : kernels::kFusionNames) names += (names.empty() ? "" : ", ") + std::string(name);
    if (!computing.fusion) {
      throw UsageError({"usage", "--fusion", "'" + options.fusion + "' is no rung of the ladder: " + names,
                        "leave it out for the fastest rung that serves the model"});
    }
    if (!computing.on_gpu()) {
      throw UsageError({"usage", "--fusion", "the rungs of the ladder belong to the GPU", "add --device cuda"});
    }
  }
  if (computing.device == Device::cuda) require_gpu();
  return computing;
}

// By shapes and by what the device can do: an older GPU's rung may be another.
std::string fusion_of(const Computing& computing, const engine::Model& model, engine::StateMode state) {
  if (!computing.on_gpu()) return "";
  const engine::CudaOptions options = cuda_options(computing, state, 1);
  return kernels::name_of(with_rung(computing, [&] {
#if AFFETTO_WITH_CUDA
    if (computing.device == Device::cuda) return engine::on_cuda::resolve_fusion(model, options);
#endif
    return engine::on_emulator::resolve_fusion(model, options);
  }));
}

std::string predictor_fusion_of(const Computing& computing, const engine::Model& model, engine::StateMode state) {
  if (!computing.on_gpu()) return "";
  const engine::CudaOptions options = cuda_options(computing, state, 1);
  return kernels::name_of(with_rung(computing, [&] {
#if AFFETTO_WITH_CUDA
    if (computing.device == Device::cuda) return engine::on_cuda::resolve_predictor_fusion(model, options);
#endif
    return engine::on_emulator::resolve_predictor_fusion(model, options);
  }));
}

int slots_for(const Computing& computing, const engine::Model& model, engine::StateMode state, std::uint64_t pieces) {
  // A GPU of 132 processors holds about this many pieces of the seed network at once (performance.md); an emulated one
  // gains nothing by more than a few.
  constexpr std::uint64_t kGpuSlots = 16'384, kEmulatedSlots = 16;
  if (computing.device == Device::cuda) return static_cast<int>(std::min(pieces, kGpuSlots));
  if (computing.device == Device::emulated) return static_cast<int>(std::min(pieces, kEmulatedSlots));
  // On the CPU as many as keep their states within a few megabytes, near the cores; never more than there are.
  constexpr std::uint64_t kStateBytes = 8 << 20;
  std::uint64_t piece_bytes = 0;
  for (const int hidden : model.spec.lstm) piece_bytes += 2 * sizeof(float) * static_cast<std::uint64_t>(hidden);
  if (state == engine::StateMode::window) piece_bytes *= static_cast<std::uint64_t>(model.spec.window);
  return static_cast<int>(std::min(pieces, std::clamp<std::uint64_t>(kStateBytes / piece_bytes, 16, 256)));
}

int block_for(const Computing& computing) {
  // On the CPU a change is heard at once (session.h); a GPU's launch and the way back should be small beside its work.
  return computing.device == Device::cuda ? 256 : 16;
}

std::unique_ptr<engine::Decoder> make_decoder(const Computing& computing, const engine::Model& model,
                                              engine::StateMode state, int slots, int threads) {
  const engine::DecoderOptions options{
      .state = state, .slots = slots, .threads = threads, .weights = computing.weights};
  switch (computing.device) {
    case Device::reference:
      return engine::make_reference_decoder(model, options);
    case Device::cpu:
      return engine::make_cpu_decoder(model, options);
    case Device::emulated:
      return with_rung(computing,
                       [&] { return engine::on_emulator::make_decoder(model, cuda_options(computing, state, slots)); });
    case Device::cuda:
#if AFFETTO_WITH_CUDA
      return with_rung(computing,
                       [&] { return engine::on_cuda::make_decoder(model, cuda_options(computing, state, slots)); });
#else
      no_cuda();
#endif
  }
  throw std::logic_error("no such device");
}

std::unique_ptr<engine::Predictor> make_predictor(const Computing& computing, const engine::Model& model,
                                                  engine::StateMode state, int threads) {
  const engine::DecoderOptions options{.state = state, .slots = 1, .threads = threads, .weights = computing.weights};
  switch (computing.device) {
    case Device::reference:
      return engine::make_reference_predictor(model, options);
    case Device::cpu:
      return engine::make_cpu_predictor(model, options);
    case Device::emulated:
      return with_rung(computing,
                       [&] { return engine::on_emulator::make_predictor(model, cuda_options(computing, state, 1)); });
    case Device::cuda:
#if AFFETTO_WITH_CUDA
      return with_rung(computing,
                       [&] { return engine::on_cuda::make_predictor(model, cuda_options(computing, state, 1)); });
#else
      no_cuda();
#endif
  }
  throw std::logic_error("no such device");
}

}  // namespace app
