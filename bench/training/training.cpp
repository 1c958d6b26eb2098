// How many sequences a second a training iteration takes: forward, losses, back-propagation through time, clipping and
// Adam, on the same weights and notes. Making the batches is left out on both sides.
//
// Axes: network and length (1x128 with 25 notes, 3x512 with 100), loss after the last note, as the seed trains, or
// after every note; batch 64, 1 or 2 threads.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "bench/baselines/libtorch.h"
#include "bench/harness/contest.h"
#include "bench/harness/context.h"
#include "bench/harness/subjects.h"
#include "bench/training/affetto.h"

namespace bench {
namespace {

struct Case {
  const char* network;
  int length;
  bool every;  ///< loss after every note, not only after the last
  double target;
};
constexpr int kBatch = 64;
constexpr int kBatches = 8;  // different ones, in turns

std::string name_of(const Case& c) {
  return std::string(c.network) + " T=" + std::to_string(c.length) + (c.every ? " every" : " last");
}

/// First the gradient of one batch: as a whole within kGate, and every tensor within ten times that (a bias sums its
/// gradient over all predictions, where most of it cancels and the rounding errors stay). Then eight iterations of each
/// side's own clipping and Adam: the loss on the first batch must have fallen equally far. Adam divides by the size of
/// gradients, so that tiny ones carry their rounding errors along; a hundredth of the fall still tells a wrong step.
void check_training(const std::string& name, const engine::Model& model, const std::vector<trainer::Batch>& batches) {
  const auto theirs = libtorch::make_trainer(model, {});
  for (const trainer::Batch& batch : batches) theirs->add_batch(batch);
  Training ours(model, batches, /*threads=*/2);
  const auto a = ours.gradients(0), b = theirs->gradients(0);
  std::vector<float> all_ours, all_theirs;
  double worst = 0;
  for (const auto& [tensor, gradient] : b) {
    const std::vector<float>& mine = a.at(tensor).values;
    all_ours.insert(all_ours.end(), mine.begin(), mine.end());
    all_theirs.insert(all_theirs.end(), gradient.values.begin(), gradient.values.end());
    worst = std::max(worst, relative_error(mine, gradient.values));
  }
  check_gate(name + ": gradient", relative_error(all_ours, all_theirs));
  check_gate(name + ": gradient of the worst tensor", worst, 10 * kGate);

  const double before = theirs->iterate(0);
  ours.iterate(0);
  for (std::size_t i = 1; i < batches.size(); ++i) {
    ours.iterate(i);
    theirs->iterate(i);
  }
  const auto our_fall = static_cast<float>(before - ours.iterate(0));
  const auto their_fall = static_cast<float>(before - theirs->iterate(0));
  check_gate(name + ": fall of the loss", relative_error({&our_fall, 1}, {&their_fall, 1}), 1e-2);
}

Contest against_libtorch(const Case& c, int threads) {
  const engine::Model model = random_model(spec_of(c.network));
  const auto batches = std::make_shared<std::vector<trainer::Batch>>();
  for (int i = 0; i < kBatches; ++i) batches->push_back(random_batch(c.length, kBatch, c.every, i));
  Contest contest{.unit = "sequences/s", .work_per_unit = kBatch};
  if (libtorch::available()) {
    libtorch::set_threads(2);
    pass_once(name_of(c), [&] { check_training(name_of(c), model, *batches); });
    libtorch::set_threads(threads);
    const std::shared_ptr<libtorch::Trainer> theirs = libtorch::make_trainer(model, {});
    for (const trainer::Batch& batch : *batches) theirs->add_batch(batch);
    contest.theirs = {"LibTorch", [theirs](std::int64_t iterations) {
                        for (std::int64_t i = 0; i < iterations; ++i) {
                          theirs->iterate(static_cast<std::size_t>(i) % kBatches);
                        }
                      }};
  } else {
    contest.theirs.name = "LibTorch not found";
  }
  const auto ours = std::make_shared<Training>(model, *batches, threads);
  contest.ours = {"Affetto", [ours, batches](std::int64_t iterations) {
                    for (std::int64_t i = 0; i < iterations; ++i) ours->iterate(static_cast<std::size_t>(i) % kBatches);
                  }};
  return contest;
}

void add_rows(const Timing& timing) {
  constexpr Case kCases[] = {
      {"1x128", 25, false, 3}, {"3x512", 100, false, 1.3}, {"1x128", 50, true, 0}, {"3x512", 100, true, 0}};
  for (const int threads : {2, 1}) {
    for (const Case& c : kCases) {
      add_row(std::string("train/") + c.network + "/length:" + std::to_string(c.length) +
                  "/loss:" + (c.every ? "every" : "last") + "/batch:" + std::to_string(kBatch) +
                  "/threads:" + std::to_string(threads),
              threads == 2 ? c.target : 0, timing, [=] { return against_libtorch(c, threads); });
    }
  }
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) try {
  const bench::Timing timing = bench::start(argc, argv);
  bench::add_context();
  bench::add_rows(timing);
  return bench::run_rows();
} catch (const std::exception& error) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return 1;
}
