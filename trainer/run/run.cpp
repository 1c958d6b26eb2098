#include "trainer/run/run.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>

#include "engine/data/error.h"
#include "trainer/data/checksum.h"

namespace trainer {
namespace {

[[noreturn]] void refuse(const std::string& where, const std::string& why, const std::string& hint) {
  throw engine::Error({"train", where, why, hint});
}

std::uint64_t corpus_hash(const Corpus& corpus, std::uint64_t hash) {
  const auto bytes = [](const auto& v) {
    return std::span(reinterpret_cast<const std::uint8_t*>(v.data()), v.size() * sizeof v[0]);
  };
  hash = fnv1a(bytes(corpus.piece_begin), hash);
  hash = fnv1a(bytes(corpus.pitch), hash);
  hash = fnv1a(bytes(corpus.step_s), hash);
  return fnv1a(bytes(corpus.duration_s), hash);
}

/// What must agree for a run to go on: network, notes, and how examples are cut and ordered. Rates and lengths of the
/// run may be changed between calls.
std::string hash_of(const TrainOptions& o, const Corpus& train, const Corpus& validation) {
  std::string text = engine::format_spec(o.spec);
  for (const std::uint64_t n : {o.seed, static_cast<std::uint64_t>(o.batch), static_cast<std::uint64_t>(o.length),
                                static_cast<std::uint64_t>(o.positions)}) {
    text += " " + std::to_string(n);
  }
  for (const double x : {o.target_cap_s, o.input_gain[0], o.input_gain[1], o.input_gain[2]}) {
    text += " " + std::to_string(x);
  }
  const std::uint64_t hash = corpus_hash(validation, corpus_hash(train, fnv1a(text)));
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
  return digits;
}

void check_pitches(const engine::ModelSpec& spec, const Corpus& corpus) {
  int classes = spec.head(engine::Field::pitch).size;
  for (const engine::InputSpec& input : spec.inputs) {
    if (input.encoding != engine::Encoding::scaled) classes = std::min(classes, input.classes);
  }
  const auto highest = std::max_element(corpus.pitch.begin(), corpus.pitch.end());
  if (highest != corpus.pitch.end() && *highest >= classes) {
    refuse(spec.name,
           "the notes have pitch " + std::to_string(*highest) + ", the network knows pitches below " +
               std::to_string(classes),
           "use a network with 128 pitches, or other notes");
  }
}

double selected_of(const Losses& losses, const TrainOptions& options) {
  for (std::size_t h = 0; h < options.spec.heads.size(); ++h) {
    if (options.spec.heads[h].name == options.select) return losses.heads[h];
  }
  return losses.total;
}

}  // namespace

Run::Run(const TrainOptions& options, const Corpus& train, const Corpus& validation,
         const std::optional<Checkpoint>& resume, RunSink& sink)
    : options_(options),

      sink_(sink),
      layout_(options.spec),
      pool_(options.threads),
      stepper_(options.spec, layout_, pool_),
      examples_(train, options.positions == LossPositions::last ? options.spec.window : options.length,
                options.positions, options.seed, options.target_cap_s),
      validator_(options.spec, layout_, pool_, validation, options.validation_windows),
      scaling_(options.spec, layout_, train, options.input_gain, options.target_cap_s),
      adam_(layout_.size(), {.weight_decay = options.weight_decay}),
      schedule_{options.learning_rate, options.final_rate, options.warmup},
      plateau_(options.plateau_patience, options.plateau_factor),
      early_(options.early_stop_patience),
      weights_(layout_.size(), 0.0f),
      gradients_(layout_.size(), 0.0f),
      hash_(hash_of(options, train, validation)) {
  const std::uint64_t examples = examples_.count(0);
  if (examples == 0) {
    refuse("training pieces",
           std::to_string(train.pieces()) + " pieces with " + std::to_string(train.notes()) +
               " notes in all give no example",
           "add music, or shorten the model's window");
  }
  if (validator_.windows() == 0) {
    refuse("validation pieces",
           "none of " + std::to_string(validation.pieces()) + " pieces is longer than the window of " +
               std::to_string(options.spec.window) + " notes",
           "put longer pieces into the validation split, or enlarge it");
  }
  check_pitches(options.spec, train);
  check_pitches(options.spec, validation);
  const auto batch = static_cast<std::uint64_t>(options.batch);
  const auto per_epoch = static_cast<double>((examples + batch - 1) / batch);
  iterations_ = static_cast<std::int64_t>(std::ceil(options.epochs * per_epoch));
  validation_interval_ = options.validation_interval > 0
                             ? options.validation_interval
                             : std::max<std::int64_t>(1, static_cast<std::int64_t>(per_epoch / 4));
  if (resume) {
    restore(*resume);
  } else {
    trained_ = layout_.gather(engine::new_model(options.spec, options.seed).tensors);
  }
  scaling_.to_network(trained_, weights_);
  first_iteration_ = iteration_;
}

void Run::restore(const Checkpoint& c) {
  if (c.options_hash != hash_) {
    refuse("resume",
           "the checkpoint belongs to another run (network, notes, batch, length or seed differ): its mark is " +
               c.options_hash + ", this run's is " + hash_,
           "resume with the options and the music it was made with, or start anew");
  }
  trained_ = layout_.gather(c.trained);
  adam_.restore(c.iteration, layout_.gather(c.adam_m), layout_.gather(c.adam_v));
  if (c.has_best) best_weights_ = layout_.gather(c.best);
  plateau_.restore(c.rate_factor, c.plateau_count, c.plateau_best);
  early_.restore(c.stop_count);
  iteration_ = c.iteration, epoch_ = c.epoch, position_ = c.position;
  earlier_seconds_ = c.seconds, has_best_ = c.has_best;
  best_selected_ = c.best_selected, best_iteration_ = c.best_iteration;
  if (position_ >= examples_.count(epoch_)) refuse("resume", "the checkpoint stands beyond the end of an epoch", "");
}

double Run::seconds() const { return earlier_seconds_ + std::chrono::duration<double>(Clock::now() - began_).count(); }

double Run::share_done() const {
  double share = static_cast<double>(iteration_) / static_cast<double>(iterations_);
  if (options_.max_seconds > 0) share = std::max(share, seconds() / options_.max_seconds);
  return std::min(share, 1.0);
}

double Run::epochs_done() {
  return static_cast<double>(epoch_) + static_cast<double>(position_) / static_cast<double>(examples_.count(epoch_));
}

void Run::iterate() {
  examples_.fill(epoch_, position_, options_.batch, batch_);
  batch_.seed = options_.seed, batch_.iteration = static_cast<std::uint64_t>(iteration_);
  stepper_.load(weights_);
  const Losses losses = stepper_.gradients(batch_, gradients_);
  scaling_.to_trained_gradient(gradients_);
  norm_ = gradient_norm(gradients_, pool_);
  if (!std::isfinite(losses.total) || !std::isfinite(norm_)) {
    refuse("iteration " + std::to_string(iteration_),
           "the loss is " + std::to_string(losses.total) + " and the gradient's norm " + std::to_string(norm_) +
               ": training diverged",
           "resume from the last checkpoint with a lower learning rate (it was " + std::to_string(rate_) +
               "), or lower the clipping norm");
  }
  rate_ = schedule_.at(iteration_, share_done()) * plateau_.factor();
  if (plateau_.factor() < 1) rate_ = std::max(rate_, std::min(options_.plateau_min_rate, options_.learning_rate));
  adam_.step(trained_, gradients_, rate_, clip_scale(norm_, options_.clip_norm), pool_);
  scaling_.to_network(trained_, weights_);

  const auto n = static_cast<double>(losses.targets);
  since_report_.heads.resize(losses.heads.size(), 0.0);
  since_report_.total += n * losses.total;
  for (std::size_t h = 0; h < losses.heads.size(); ++h) since_report_.heads[h] += n * losses.heads[h];
  since_report_.targets += losses.targets, since_report_.correct += losses.correct;
  sequences_since_ += batch_.batch, notes_since_ += static_cast<std::int64_t>(batch_.size());

  ++iteration_;
  position_ += static_cast<std::uint64_t>(batch_.batch);
  if (position_ >= examples_.count(epoch_)) ++epoch_, position_ = 0;
}

void Run::report(bool force) {
  const Clock::time_point now = Clock::now();
  const double passed = std::chrono::duration<double>(now - reported_).count();
  if (since_report_.targets == 0 || (!force && reported_once_ && passed < 1)) return;
  Progress p;
  p.iteration = iteration_, p.iterations = iterations_, p.epoch = epochs_done(), p.seconds = seconds();
  const double here = p.seconds - earlier_seconds_;
  const auto done = static_cast<double>(iteration_ - first_iteration_);
  p.eta_s = here / done * static_cast<double>(iterations_ - iteration_);
  if (options_.max_seconds > 0) p.eta_s = std::clamp(options_.max_seconds - p.seconds, 0.0, p.eta_s);
  p.sequences_per_s = static_cast<double>(sequences_since_) / passed;
  p.notes_per_s = static_cast<double>(notes_since_) / passed;
  p.losses = since_report_;
  const auto n = static_cast<double>(since_report_.targets);
  p.losses.total /= n;
  for (double& head : p.losses.heads) head /= n;
  p.learning_rate = rate_, p.gradient_norm = norm_;
  sink_.on_progress(p);
  since_report_ = {};
  sequences_since_ = notes_since_ = 0;
  reported_ = now, reported_once_ = true;
}

bool Run::validate() {
  Validation v;
  v.iteration = iteration_, v.epoch = epochs_done(), v.name = validator_.name();
  v.losses = validator_.measure(weights_);
  v.selected = selected_of(v.losses, options_);
  v.unigram_entropy = validator_.unigram_entropy();
  if (!std::isfinite(v.selected)) {
    refuse("iteration " + std::to_string(iteration_), "the validation loss is " + std::to_string(v.selected),
           "resume from an earlier checkpoint with a lower learning rate");
  }
  v.improved = !has_best_ || v.selected < best_selected_;
  validated_ = iteration_;
  if (v.improved) {
    has_best_ = true, best_selected_ = v.selected, best_iteration_ = iteration_, best_weights_ = weights_;
  }
  v.best = best_selected_;
  plateau_.update(v.selected);
  const bool end = early_.update(v.improved);
  sink_.on_validation(v);
  if (v.improved) {
    best_validation_ = v;
    sink_.on_best({.spec = options_.spec, .tensors = layout_.scatter(best_weights_)}, v);
  }
  return end;
}

void Run::save(CheckpointReason reason) {
  Checkpoint c;
  c.weights = {.spec = options_.spec, .tensors = layout_.scatter(weights_)};
  c.trained = layout_.scatter(trained_);
  c.adam_m = layout_.scatter(adam_.m()), c.adam_v = layout_.scatter(adam_.v());
  if (has_best_) c.best = layout_.scatter(best_weights_);
  c.iteration = iteration_, c.epoch = epoch_, c.position = position_, c.seconds = seconds();
  c.rate_factor = plateau_.factor(), c.plateau_count = plateau_.count(), c.plateau_best = plateau_.best();
  c.stop_count = early_.count();
  c.best_selected = best_selected_, c.best_iteration = best_iteration_, c.has_best = has_best_;
  c.options_hash = hash_;
  sink_.on_checkpoint(to_table(c), reason);
  saved_ = Clock::now();
}

RunResult Run::result(Ending ending) {
  RunResult r;
  r.best = {.spec = options_.spec, .tensors = layout_.scatter(has_best_ ? best_weights_ : weights_)};
  r.best_validation = best_validation_;
  r.best_validation.iteration = best_iteration_, r.best_validation.best = best_selected_;
  r.iterations = iteration_, r.epochs = epochs_done(), r.ending = ending;
  return r;
}

RunResult Run::go(std::stop_token stop) {
  Ending ending = Ending::finished;
  while (iteration_ < iterations_) {
    if (stop.stop_requested()) {
      ending = Ending::stopped;
      break;
    }
    if (out_of_time()) {
      ending = Ending::out_of_time;
      break;
    }
    iterate();
    report(false);
    if (iteration_ % validation_interval_ == 0 && validate()) {
      ending = Ending::early;
      break;
    }
    const double unsaved = std::chrono::duration<double>(Clock::now() - saved_).count();
    if (options_.checkpoint_seconds > 0 && unsaved >= options_.checkpoint_seconds) save(CheckpointReason::interval);
  }
  report(true);
  if (ending != Ending::stopped && validated_ != iteration_) validate();
  save(ending == Ending::stopped ? CheckpointReason::stopped : CheckpointReason::finished);
  return result(ending);
}

RunResult train(const TrainOptions& options, const Corpus& train, const Corpus& validation,
                const std::optional<Checkpoint>& resume, RunSink& sink, std::stop_token stop) {
  check_options(options);
  return Run(options, train, validation, resume, sink).go(stop);
}

}  // namespace trainer
