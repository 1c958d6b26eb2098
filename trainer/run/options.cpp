// Why the defaults are what they are, and what the options may be.
//   batch 64, length 50, loss at every position: 3200 targets an iteration for the price of 3200 steps, where the
//   seed's way
//     (one target for 25 steps) gets 64 targets for 1600.
//   input gains and learning rate: pitch cross-entropy on MAESTRO's validation pieces after one epoch (nats; the
//     published weights have 3.771): no scaling, rate 0.004 3.843; gains 1 1 1 3.677; 4 1 1 3.637; 4 4 4 3.629; 12 4 4
//     3.610; with rate 0.008 4 4 4 3.594; rate 0.016 12 4 4 3.542; rate 0.02 30 8 8 3.545 with worse steps and
//     durations.
//   warm-up, cosine and clipping at norm 1: recurrent nets tolerate such a rate only while the gradient's outbursts
//   (long
//     silences in the music) are cut.
#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "trainer/run/train.h"

namespace trainer {
namespace {

void require(bool holds, const std::string& option, double value, const std::string& expected) {
  if (holds) return;
  throw std::invalid_argument(option + " is " + std::to_string(value) + ", expected " + expected);
}

}  // namespace

void check_options(const TrainOptions& o) {
  engine::check_spec(o.spec, o.spec.name);
  require(o.batch >= 1 && o.batch <= 65536, "batch", o.batch, "1 to 65536");
  require(o.length >= 1 && o.length <= 65536, "length", o.length, "1 to 65536 notes");
  require(o.epochs > 0 && std::isfinite(o.epochs), "epochs", o.epochs, "a number above 0");
  require(o.max_seconds >= 0, "the time budget", o.max_seconds, "0 or more seconds");
  require(o.learning_rate > 0 && std::isfinite(o.learning_rate), "the learning rate", o.learning_rate, "above 0");
  require(o.final_rate >= 0 && o.final_rate <= 1, "the final share of the learning rate", o.final_rate, "0 to 1");
  require(o.warmup >= 0, "warmup", o.warmup, "0 or more iterations");
  require(o.weight_decay >= 0, "weight decay", o.weight_decay, "0 or more");
  require(o.clip_norm >= 0, "the clipping norm", o.clip_norm, "0 or more");
  require(o.target_cap_s >= 0, "the cap of steps and durations", o.target_cap_s, "0 or more seconds");
  for (const double gain : o.input_gain) require(gain >= 0 && gain <= 1000, "an input gain", gain, "0 to 1000");
  require(o.validation_interval >= 0, "the validation interval", static_cast<double>(o.validation_interval),
          "0 or more iterations");
  require(o.validation_windows >= 0, "validation windows", static_cast<double>(o.validation_windows), "0 or more");
  require(o.plateau_patience >= 0, "the plateau's patience", o.plateau_patience, "0 or more");
  require(o.plateau_factor > 0 && o.plateau_factor < 1, "the plateau's factor", o.plateau_factor, "in (0, 1)");
  require(o.early_stop_patience >= 0, "the early stop's patience", o.early_stop_patience, "0 or more");
  require(o.threads >= 0 && o.threads <= 1024, "threads", o.threads, "0 to 1024");
  const bool known = o.select == "total" || std::any_of(o.spec.heads.begin(), o.spec.heads.end(),
                                                        [&](const engine::HeadSpec& h) { return h.name == o.select; });
  if (!known) {
    std::string names = "total";
    for (const engine::HeadSpec& head : o.spec.heads) names += ", " + head.name;
    throw std::invalid_argument("the best weights are chosen by '" + o.select + "', expected one of " + names);
  }
}

}  // namespace trainer
