// Our side on a GPU: the engine's decoder, and a rung of the ladder by itself.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "bench/generation/affetto.h"
#include "bench/gpu/machine.h"
#include "bench/gpu/target.h"
#include "engine/generate/cuda/make.h"

namespace bench::gpu {

struct Ours {
  Target target = Target::cuda;
  std::optional<kernels::Fusion> fusion;  ///< none: the fastest that serves the network
  kernels::Precision precision = kernels::Precision::fp32;
  bool graphs = true;
};

/// The rung that will run. @throws NotMeasured where the wanted one does not serve the network
kernels::Fusion resolve(const engine::Model& model, const Setting& setting, const Ours& ours);

/// The engine's decoder, as the program uses it. @throws kernels::CudaError
std::unique_ptr<engine::Decoder> our_decoder(const engine::Model& model, const Setting& setting, const Ours& ours);

/// A rung with its pieces and notes in device memory: what the kernels cost, and nothing else.
class Runs {
 public:
  virtual ~Runs() = default;
  /// Writes the next notes of every piece into device memory and waits. @param notes  at most setting.block
  /// @return microseconds on the device
  virtual double advance(int notes) = 0;
};
std::unique_ptr<Runs> our_runs(const engine::Model& model, const Setting& setting, const Ours& ours);

/// What machine.h's model is asked about this setting.
Task task_of(const engine::ModelSpec& spec, const Setting& setting);

}  // namespace bench::gpu
