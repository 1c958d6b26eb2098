#include "trainer/face/run.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>

#include "engine/data/error.h"
#include "engine/face/mirror.h"
#include "engine/face/network.h"
#include "trainer/data/checksum.h"
#include "trainer/data/examples.h"
#include "trainer/face/checkpoint.h"
#include "trainer/face/cpu_trainee.h"
#include "trainer/optim/schedule.h"

namespace trainer {
namespace {

[[noreturn]] void refuse(const std::string& where, const std::string& why, const std::string& hint) {
  throw engine::Error({"train", where, why, hint});
}

/// What must agree for a run to go on: the network, the pictures, and how they are drawn.
std::string mark_of(const FaceTrainOptions& o, const FaceSet& train, const FaceSet& validation) {
  const auto bytes = [](const auto& v) {
    return std::span(reinterpret_cast<const std::uint8_t*>(v.data()), v.size() * sizeof v[0]);
  };
  std::string text = engine::format_face_spec(o.spec) + " " + std::to_string(o.seed) + " " + std::to_string(o.batch);
  const FaceAugmentation& a = o.augmentation;
  for (const double x : {a.flip, a.turn_deg, a.shift, a.scale, a.erase, a.erase_area, o.dropout})
    text += " " + std::to_string(x);
  std::uint64_t hash = fnv1a(text);
  for (const FaceSet* set : {&train, &validation})
    hash = fnv1a(bytes(set->labels), fnv1a(bytes(set->targets), fnv1a(bytes(set->pixels), hash)));
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
  return digits;
}

void check_set(const FaceSet& set, const engine::FaceSpec& spec, const char* name, std::size_t least) {
  if (set.count() < least) {
    refuse(name, std::to_string(set.count()) + " pictures, expected at least " + std::to_string(least),
           "name a folder with more pictures of faces");
  }
  if (set.side != static_cast<std::size_t>(spec.side) || set.classes != spec.classes.size()) {
    refuse(name,
           "pictures of " + std::to_string(set.side) + " pixels in " + std::to_string(set.classes) +
               " classes; the network reads " + std::to_string(spec.side) + " in " +
               std::to_string(spec.classes.size()),
           "cut the pictures for this network");
  }
}

std::unique_ptr<FaceTrainee> make_trainee(const FaceTrainOptions& options, const FaceLayout& layout, Pool& pool) {
  const auto batch = static_cast<std::size_t>(options.batch);
  if (options.make_trainee) return options.make_trainee(options.spec, layout, batch);
  return std::make_unique<CpuFaceTrainee>(options.spec, layout, pool, batch);
}

class FaceRun {
 public:
  FaceRun(const FaceTrainOptions& options, const FaceSet& train, const FaceSet& validation,
          const std::optional<engine::TensorTable>& resume, FaceSink& sink);
  FaceRunResult go(std::stop_token stop);

 private:
  using Clock = std::chrono::steady_clock;
  FaceState restored(const FaceCheckpoint& checkpoint);
  FaceState fresh() const;
  void fill_batch();
  void iterate();
  void report(bool force);
  void validate();
  void save(CheckpointReason reason);
  double seconds() const { return earlier_seconds_ + std::chrono::duration<double>(Clock::now() - began_).count(); }
  double share_done() const;
  bool out_of_time() const { return options_.max_seconds > 0 && seconds() >= options_.max_seconds; }
  double epochs_done() const {
    return static_cast<double>(epoch_) + static_cast<double>(position_) / static_cast<double>(train_.count());
  }

  const FaceTrainOptions& options_;
  const FaceSet& train_;
  const FaceSet& validation_;
  FaceSink& sink_;
  FaceLayout layout_;
  Pool pool_;
  std::unique_ptr<FaceTrainee> trainee_;
  CosineSchedule schedule_;
  std::vector<float> validation_pictures_;
  FaceBatch batch_;
  std::string mark_;
  std::int64_t iteration_ = 0, iterations_ = 0, first_iteration_ = 0;
  std::uint64_t epoch_ = 0, position_ = 0;
  double earlier_seconds_ = 0, rate_ = 0;
  engine::FaceModel best_;
  FaceValidation best_validation_;
  double best_accuracy_ = -1;
  std::int64_t best_iteration_ = 0, validated_ = -1;
  Clock::time_point began_ = Clock::now(), reported_ = began_, saved_ = began_;
  bool reported_once_ = false;
  std::size_t pictures_since_ = 0;
};

FaceRun::FaceRun(const FaceTrainOptions& options, const FaceSet& train, const FaceSet& validation,
                 const std::optional<engine::TensorTable>& resume, FaceSink& sink)
    : options_(options),
      train_(train),
      validation_(validation),
      sink_(sink),
      layout_(options.spec),
      pool_(options.threads),
      trainee_(make_trainee(options, layout_, pool_)),
      schedule_{options.learning_rate, options.final_rate, options.warmup},
      mark_(mark_of(options, train, validation)) {
  const std::size_t pixels = train.side * train.side;
  validation_pictures_.resize(validation.count() * pixels);
  for (std::size_t i = 0; i < validation.count(); ++i)
    engine::standardise(validation.picture(i), std::span(validation_pictures_).subspan(i * pixels, pixels));
  const auto per_epoch = static_cast<double>((train.count() + static_cast<std::size_t>(options.batch) - 1) /
                                             static_cast<std::size_t>(options.batch));
  iterations_ = static_cast<std::int64_t>(std::ceil(options.epochs * per_epoch));
  trainee_->restore(resume ? restored(face_checkpoint_from_table(*resume, options.spec, layout_)) : fresh());
  first_iteration_ = iteration_;
}

FaceState FaceRun::fresh() const {
  const engine::FaceModel model = engine::new_face_model(options_.spec, options_.seed);
  const std::vector<float> parameters = gather(layout_, model), none(layout_.size, 0.0f);
  return {parameters, none, none, parameters, gather_moments(model), 0};
}

FaceState FaceRun::restored(const FaceCheckpoint& c) {
  if (c.mark != mark_) {
    refuse(
        "resume",
        "the checkpoint belongs to another run (network, pictures, batch, augmentation or seed differ): its mark is " +
            c.mark + ", this run's is " + mark_,
        "resume with the options and the pictures it was made with, or start anew");
  }
  if (c.position >= train_.count()) refuse("resume", "the checkpoint stands beyond the end of an epoch", "start anew");
  best_ = c.best, best_iteration_ = c.best_iteration;
  best_accuracy_ = best_.tensors.empty() ? -1 : c.best_accuracy;
  iteration_ = c.iteration, epoch_ = c.epoch, position_ = c.position, earlier_seconds_ = c.seconds;
  return {c.parameters, c.adam_m, c.adam_v, c.average, c.moments, c.iteration};
}

double FaceRun::share_done() const {
  double share = static_cast<double>(iteration_) / static_cast<double>(iterations_);
  if (options_.max_seconds > 0) share = std::max(share, seconds() / options_.max_seconds);
  return std::min(share, 1.0);
}

/// The next pictures of the epoch's order; the last batch of an epoch may be smaller.
void FaceRun::fill_batch() {
  const std::size_t pixels = train_.side * train_.side, classes = train_.classes;
  batch_.count = std::min(static_cast<std::size_t>(options_.batch), train_.count() - position_);
  batch_.dropout = options_.dropout;
  batch_.seed = options_.seed, batch_.iteration = static_cast<std::uint64_t>(iteration_);
  batch_.pictures.resize(batch_.count * pixels);
  batch_.targets.resize(batch_.count * classes);
  pool_.run(batch_.count, [&](std::size_t i, int) {
    const std::uint64_t at = permuted(position_ + i, train_.count(), options_.seed, epoch_);
    augment(train_.picture(at), train_.side, options_.augmentation, options_.seed, epoch_, at,
            std::span(batch_.pictures).subspan(i * pixels, pixels));
    std::copy_n(train_.targets.begin() + static_cast<std::ptrdiff_t>(at * classes), classes,
                batch_.targets.begin() + static_cast<std::ptrdiff_t>(i * classes));
  });
}

void FaceRun::iterate() {
  fill_batch();
  rate_ = schedule_.at(iteration_, share_done());
  trainee_->iterate(batch_, {rate_, options_.weight_decay, options_.clip_norm, options_.average});
  pictures_since_ += batch_.count;
  ++iteration_;
  position_ += batch_.count;
  if (position_ >= train_.count()) ++epoch_, position_ = 0;
}

void FaceRun::report(bool force) {
  const double passed = std::chrono::duration<double>(Clock::now() - reported_).count();
  if (pictures_since_ == 0 || (!force && reported_once_ && passed < 1)) return;
  FaceProgress p;
  p.iteration = iteration_, p.iterations = iterations_, p.epoch = epochs_done(), p.seconds = seconds();
  const double here = p.seconds - earlier_seconds_;
  p.eta_s = here / static_cast<double>(iteration_ - first_iteration_) * static_cast<double>(iterations_ - iteration_);
  if (options_.max_seconds > 0) p.eta_s = std::clamp(options_.max_seconds - p.seconds, 0.0, p.eta_s);
  const auto n = static_cast<double>(pictures_since_);
  const FaceProgressSums sums = trainee_->sums();
  p.pictures_per_s = n / passed;
  p.loss = sums.loss / n, p.accuracy = static_cast<double>(sums.correct) / n;
  p.learning_rate = rate_, p.gradient_norm = sums.gradient_norm;
  sink_.on_progress(p);
  pictures_since_ = 0;
  reported_ = Clock::now(), reported_once_ = true;
}

void FaceRun::validate() {
  const FaceState state = trainee_->state();
  engine::FaceModel model = scatter(layout_, options_.spec, state.average, state.moments);
  std::vector<double> probabilities(validation_.count() * validation_.classes);
  engine::FaceNetwork network(model, options_.threads);
  engine::classify_both_ways(network, validation_pictures_, probabilities);
  FaceValidation v;
  v.iteration = iteration_, v.epoch = epochs_done();
  v.scores = engine::face_scores(probabilities, validation_.labels, validation_.classes);
  v.improved = v.scores.accuracy > best_accuracy_;
  validated_ = iteration_;
  if (v.improved) {
    model.spec.temperature *= engine::best_temperature(probabilities, validation_.labels, validation_.classes);
    best_ = std::move(model), best_accuracy_ = v.scores.accuracy, best_iteration_ = iteration_;
  }
  v.best = best_accuracy_;
  sink_.on_validation(v);
  if (v.improved) {
    best_validation_ = v;
    sink_.on_best(best_, v);
  }
}

void FaceRun::save(CheckpointReason reason) {
  FaceState state = trainee_->state();
  FaceCheckpoint c;
  c.parameters = std::move(state.parameters), c.average = std::move(state.average);
  c.moments = std::move(state.moments);
  c.adam_m = std::move(state.adam_m), c.adam_v = std::move(state.adam_v);
  c.best = best_, c.best_accuracy = std::max(best_accuracy_, 0.0), c.best_iteration = best_iteration_;
  c.iteration = iteration_, c.epoch = epoch_, c.position = position_, c.seconds = seconds();
  c.mark = mark_;
  sink_.on_checkpoint(to_table(c), reason);
  saved_ = Clock::now();
}

FaceRunResult FaceRun::go(std::stop_token stop) {
  Ending ending = Ending::finished;
  while (iteration_ < iterations_) {
    if (stop.stop_requested() || out_of_time()) {
      ending = stop.stop_requested() ? Ending::stopped : Ending::out_of_time;
      break;
    }
    iterate();
    report(false);
    if (position_ == 0) validate();
    const double unsaved = std::chrono::duration<double>(Clock::now() - saved_).count();
    if (options_.checkpoint_seconds > 0 && unsaved >= options_.checkpoint_seconds) save(CheckpointReason::interval);
  }
  report(true);
  if (ending != Ending::stopped && validated_ != iteration_) validate();
  save(ending == Ending::stopped ? CheckpointReason::stopped : CheckpointReason::finished);
  best_validation_.best = best_accuracy_, best_validation_.iteration = best_iteration_;
  return {best_, best_validation_, iteration_, epochs_done(), ending};
}

}  // namespace

void check_options(const FaceTrainOptions& o) {
  engine::check_face_spec(o.spec, o.spec.name);
  const auto check = [](const char* name, double value, double low, double high) {
    if (value >= low && value <= high) return;
    throw std::invalid_argument(std::string(name) + " is " + std::to_string(value) + ", expected " +
                                std::to_string(low) + " to " + std::to_string(high));
  };
  check("batch", o.batch, 2, 65536);  // one picture has no spread where the last stage is one pixel
  check("epochs", o.epochs, 0, 1e6);
  check("time budget", o.max_seconds, 0, 1e9);
  check("learning rate", o.learning_rate, 1e-12, 10);
  check("final rate", o.final_rate, 0, 1);
  check("warmup", o.warmup, 0, 1e9);
  check("weight decay", o.weight_decay, 0, 10);
  check("clipping norm", o.clip_norm, 0, 1e9);
  check("dropout", o.dropout, 0, 0.95);
  check("average", o.average, 0, 0.999999);
  check("flip", o.augmentation.flip, 0, 1);
  check("turn", o.augmentation.turn_deg, 0, 180);
  check("shift", o.augmentation.shift, 0, 1);
  check("scale", o.augmentation.scale, 0, 0.9);
  check("erase", o.augmentation.erase, 0, 1);
  check("erased area", o.augmentation.erase_area, 0.02, 1);
  check("checkpoint interval", o.checkpoint_seconds, 0, 1e9);
}

FaceRunResult train_face(const FaceTrainOptions& options, const FaceSet& train, const FaceSet& validation,
                         const std::optional<engine::TensorTable>& resume, FaceSink& sink, std::stop_token stop) {
  check_options(options);
  check_set(train, options.spec, "training pictures", 2);
  check_set(validation, options.spec, "validation pictures", 1);
  return FaceRun(options, train, validation, resume, sink).go(stop);
}

}  // namespace trainer
