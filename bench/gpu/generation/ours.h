// Our side on a GPU: the engine's decoder, and a rung of the ladder by itself.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/generation/affetto.h"
#include "bench/gpu/machine.h"
#include "bench/gpu/measure.h"
#include "bench/gpu/target.h"
#include "engine/generate/cuda/make.h"
#include "kernels/generate/pieces.h"

namespace bench::gpu {

struct Ours {
  Target target = Target::cuda;
  std::optional<kernels::Fusion> fusion;  ///< none: the fastest that serves the network
  std::optional<kernels::Way> way;        ///< of a rung by itself: this one, whatever the number of pieces
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
  /// The notes of the last advance. @return [batch, notes]
  virtual std::vector<kernels::Played> written() = 0;
};
std::unique_ptr<Runs> our_runs(const engine::Model& model, const Setting& setting, const Ours& ours);

/// Microseconds of device time that one more note of all pieces takes, and what a launch costs beside them.
struct Line {
  Spread slope, intercept;
};
/// From runs of two lengths, interleaved.
/// @param bound  a slope beyond it, in the first pair, is not looked at again: the line is that of one pair
Line line_of(Runs& runs, int few, int many, double bound = std::numeric_limits<double>::infinity());

/// What may be chosen by the number of pieces, in a setting of our own: sizes given.
struct Choice {
  kernels::NetworkClass network;
  kernels::Fusion family;
  std::vector<kernels::Way> ways;  ///< that serve on the target
  kernels::WaySteps estimated;     ///< what is taken where there is no table
};
Choice choice_of(const engine::Model& model, engine::StateMode state, const Ours& ours);

/// What machine.h's model is asked about this setting.
Task task_of(const engine::ModelSpec& spec, const Setting& setting);

}  // namespace bench::gpu
