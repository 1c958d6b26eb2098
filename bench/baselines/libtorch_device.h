// The same network in LibTorch on a GPU, in the forms in which somebody who knows LibTorch would try it. Everything
// stays on the device: draws are there before, notes are left there. Networks as in libtorch.h.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bench/baselines/libtorch.h"

namespace bench::libtorch {

enum class Variant {
  eager_fp32,   ///< each operation launched as it comes, strict fp32
  eager_tf32,   ///< the same with TF32 allowed in matrix products and cuDNN: a common choice
  graph_tf32,   ///< blocks of notes as one CUDA graph
  strong_fp16,  ///< CUDA graph, fp16, a module per layer, inputs padded to 128 and batches to 8: where cuDNN has
                ///< persistent kernels
};
inline constexpr Variant kVariants[] = {Variant::eager_fp32, Variant::eager_tf32, Variant::graph_tf32,
                                        Variant::strong_fp16};
inline const char* name_of(Variant variant) {
  constexpr const char* kNames[] = {"eager_fp32", "eager_tf32", "graph_tf32", "strong_fp16"};
  return kNames[static_cast<int>(variant)];
}

enum class Place { gpu, cpu };  ///< the CPU only to see that the forms are right where there is no GPU

/// Empty if LibTorch can use a GPU here; else why not.
std::string gpu_why_not();

/// How a note is chosen beyond the softmax: with the emotion score of a happy piece, as engine::Sampling says it.
struct Blend {
  bool encloser = false;
  float alpha = 0, beta = 1, temperature = 1;
};

class DeviceGenerator {
 public:
  static constexpr int kGraphNotes = 16;  ///< of a graph; generate() takes multiples

  virtual ~DeviceGenerator() = default;
  /// Starts pieces from their primers. @param primers  [batch] of one length, >= W
  virtual void prime(std::span<const std::vector<engine::Note>> primers) = 0;
  /// @param u  [notes, batch] in (0, 1), used from the front by every generate()
  virtual void set_draws(int notes, std::span<const float> u) = 0;
  /// Writes the next notes of all pieces into device memory, and waits. @param notes  as many draws there are, at most
  virtual void generate(int notes) = 0;
  /// What the last generate() wrote. @return [notes, batch]
  virtual std::vector<engine::Note> notes() = 0;
  /// Teacher-forced. @param notes  [steps, batch] @return [steps, batch, candidates + 2]: logits, or where the encloser
  /// is in the probabilities; step, duration, before any clamp
  virtual std::vector<float> follow(int steps, std::span<const engine::Note> notes) = 0;
};

/// @throws std::invalid_argument for a network that is not of the family, or the form staggered
std::unique_ptr<DeviceGenerator> make_device_generator(const engine::Model& model, Form form, Variant variant,
                                                       int batch, const Blend& blend, Place place);

}  // namespace bench::libtorch
