// The devices by name.
#pragma once

#include <memory>
#include <string>

#include "engine/generate/decoder.h"
#include "engine/generate/predictor.h"
#include "engine/model/model.h"

namespace engine {

/// How a device keeps the weights of LSTM layers, dense layers and heads; biases, inputs and all arithmetic are fp32.
enum class WeightFormat { fp32, fp16 };

struct DecoderOptions {
  StateMode state = StateMode::window;
  int slots = 1;
  int threads = 0;                            ///< 0: all cores
  WeightFormat weights = WeightFormat::fp32;  ///< not asked by the reference
};

/// The definition, in double, by replaying each window: slow, for tests and --device reference.
std::unique_ptr<Decoder> make_reference_decoder(const Model& model, const DecoderOptions& options);
/// Our packed float32 path at the instruction set of kernels::active_isa(). The model must outlive neither.
/// @throws ModelError if a weight does not fit the format
std::unique_ptr<Decoder> make_cpu_decoder(const Model& model, const DecoderOptions& options);

std::unique_ptr<Predictor> make_reference_predictor(const Model& model, const DecoderOptions& options);
std::unique_ptr<Predictor> make_cpu_predictor(const Model& model, const DecoderOptions& options);

}  // namespace engine
