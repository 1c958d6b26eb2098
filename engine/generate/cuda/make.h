// The GPU as a device, and the same code on the host emulator.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>

#include "engine/generate/decoder.h"
#include "engine/generate/make.h"
#include "engine/generate/predictor.h"
#include "kernels/generate/rung.h"
#include "kernels/runtime/device.h"

namespace engine {

/// A rung was asked for that does not serve the network, or the task. what() names both.
struct UnservedRung : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

struct CudaOptions {
  StateMode state = StateMode::window;
  int slots = 1;
  /// Most notes of a piece that one exchange with the device brings: its memory for notes is slots x block.
  int block = 256;
  /// The rung of the ladder; none: the fastest that serves the network.
  std::optional<kernels::Fusion> fusion;
  /// Of the operands of products. Without a rung the GPU's table says what suits the number of pieces
  /// (kernels/generate/dispatch/ways.h): all of that writes the same bits.
  kernels::Precision precision = kernels::Precision::fp32;
  bool graphs = true;  ///< replay a note's launches as a graph, where a rung has several
};

namespace on_cuda {
/// The rung that a decoder will take; where none was asked for, the one that stands for all that write its bits on this
/// device. It does not hang on the number of pieces, nor on a table.
/// @throws UnservedRung; ModelError for weights beyond fp16
kernels::Fusion resolve_fusion(const Model& model, const CudaOptions& options);
/// The rung that a predictor will take, which has to show what it computes between two notes.
/// @throws UnservedRung; ModelError for weights beyond fp16
kernels::Fusion resolve_predictor_fusion(const Model& model, const CudaOptions& options);
/// In builds with the CUDA toolkit only. @throws kernels::CudaError, kernels::OutOfMemory, ModelError,
/// UnservedRung
std::unique_ptr<Decoder> make_decoder(const Model& model, const CudaOptions& options);
std::unique_ptr<Predictor> make_predictor(const Model& model, const CudaOptions& options);
kernels::DeviceState device_state();
}  // namespace on_cuda

/// The kernels' own source run by the emulator, as slow as that is: for tests and --device emulated.
namespace on_emulator {
kernels::Fusion resolve_fusion(const Model& model, const CudaOptions& options);
kernels::Fusion resolve_predictor_fusion(const Model& model, const CudaOptions& options);
std::unique_ptr<Decoder> make_decoder(const Model& model, const CudaOptions& options);
std::unique_ptr<Predictor> make_predictor(const Model& model, const CudaOptions& options);
kernels::DeviceState device_state();
}  // namespace on_emulator

}  // namespace engine
