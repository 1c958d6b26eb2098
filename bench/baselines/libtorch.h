// The same network in LibTorch, as somebody who knows LibTorch would write it: the opponent of the benchmarks.
//
// Only the networks of the seed's family: three scaled inputs (pitch, step, duration), LSTM layers of one size, three
// linear heads, no dropout. Inference runs in inference mode, time-major, in batches; the heads are one matrix product.
// Where the build has no LibTorch, available() is false and nothing else may be called.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/model/model.h"
#include "trainer/data/batch.h"

namespace bench::libtorch {

bool available();
/// What ran, in words: version, instruction set of its own kernels, matrix product library.
std::map<std::string, std::string> facts();
/// Threads of everything below from now on.
void set_threads(int threads);

enum class Form {
  window,     ///< replays the last W notes for every note: what the definition says, and what a user would write
  carry,      ///< one step per note with (h, c)
  staggered,  ///< W states advanced together by one note (our algorithm on their kernels)
};

class Generator {
 public:
  virtual ~Generator() = default;
  /// Starts pieces from their primers. @param primers  [batch] of one length, >= W in the forms window and staggered
  virtual void prime(std::span<const std::vector<engine::Note>> primers) = 0;
  /// Writes the next notes of all pieces, without encloser and modulation: softmax of the logits, inverse CDF.
  /// @param u    [notes, batch] in (0, 1)
  /// @param out  [notes, batch]
  virtual void generate(int notes, std::span<const float> u, std::span<engine::Note> out) = 0;
  /// Teacher-forced: the heads' outputs before each of `notes`.
  /// @param notes  [steps, batch] what the pieces go on with
  /// @return       [steps, batch, candidates + 2] logits, step, duration, before any clamp
  virtual std::vector<float> follow(int steps, std::span<const engine::Note> notes) = 0;
};

/// @throws std::invalid_argument for a network that is not of the family
std::unique_ptr<Generator> make_generator(const engine::Model& model, Form form, int batch);

struct TrainerOptions {
  double learning_rate = 1e-4;
  double clip_norm = 1;
};

/// nn.LSTM with autograd, clip_grad_norm_ and Adam.
class Trainer {
 public:
  virtual ~Trainer() = default;
  /// Makes tensors of a batch, outside of what is timed. The loss is taken at batch.first_loss_step and after; every
  /// prediction there counts.
  virtual std::size_t add_batch(const trainer::Batch& batch) = 0;
  /// Gradients of the mean loss by PyTorch's names; changes no weight.
  virtual std::map<std::string, engine::Tensor> gradients(std::size_t batch) = 0;
  /// Forward, backward, clipping, Adam. @return the loss before the step
  virtual double iterate(std::size_t batch) = 0;
};

std::unique_ptr<Trainer> make_trainer(const engine::Model& model, const TrainerOptions& options);

}  // namespace bench::libtorch
