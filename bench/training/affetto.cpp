#include "bench/training/affetto.h"

#include "bench/baselines/libtorch.h"
#include "bench/harness/subjects.h"
#include "trainer/data/examples.h"

namespace bench {

trainer::Batch random_batch(int length, int sequences, bool every, int number) {
  trainer::Corpus corpus;
  trainer::Batch batch;
  trainer::clear_batch(batch, length, sequences, every ? 0 : length - 1);
  for (int b = 0; b < sequences; ++b) {
    const std::size_t begin = corpus.notes();
    trainer::append_piece(corpus, "random", random_notes(length + 1, number * sequences + b));
    trainer::place_sequence(corpus, begin, static_cast<std::size_t>(length), 0, batch, b);
  }
  return batch;
}

Training::Training(const engine::Model& model, const std::vector<trainer::Batch>& batches, int threads)
    : batches_(batches),
      layout_(model.spec),
      pool_(threads),
      stepper_(model.spec, layout_, pool_),
      adam_(layout_.size(), {}),
      weights_(layout_.gather(model.tensors)),
      gradients_(layout_.size(), 0.0f) {}

std::map<std::string, engine::Tensor> Training::gradients(std::size_t batch) {
  stepper_.load(weights_);
  stepper_.gradients(batches_[batch], gradients_);
  return layout_.scatter(gradients_);
}

double Training::iterate(std::size_t batch) {
  const libtorch::TrainerOptions options;  // both sides take theirs from here
  stepper_.load(weights_);
  const trainer::Losses losses = stepper_.gradients(batches_[batch], gradients_);
  const double norm = trainer::gradient_norm(gradients_, pool_);
  adam_.step(weights_, gradients_, options.learning_rate, trainer::clip_scale(norm, options.clip_norm), pool_);
  return losses.total;
}

}  // namespace bench
