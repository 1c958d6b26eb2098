// How many sequences a second a training iteration takes: forward, losses, back-propagation through time, clipping and
// Adam, on the same weights and notes. Making the batches is left out on both sides.
//
// Axes: network and length (1x128 with 25 notes, 3x512 with 100), loss after the last note, as the seed trains, or
// after every note; batch 64, 1 or 2 threads.
#include <cstdio>
#include <exception>
#include <memory>
#include <set>
#include <string>

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

/// The gradient of the first batch must agree tensor by tensor; then, after ten iterations of each side's own clipping
/// and Adam, the loss. There Adam divides by gradients' sizes, so that tiny gradients carry their rounding errors
/// along: agreement to a thousandth shows that both train the same way.
void check_training(const std::string& name, const engine::Model& model, const std::vector<trainer::Batch>& batches) {
  const auto theirs = libtorch::make_trainer(model, {});
  for (const trainer::Batch& batch : batches) theirs->add_batch(batch);
  Training ours(model, batches, /*threads=*/2);
  const auto a = ours.gradients(0), b = theirs->gradients(0);
  double worst = 0;
  for (const auto& [tensor, gradient] : b) {
    worst = std::max(worst, relative_error(a.at(tensor).values, gradient.values));
  }
  check_gate(name + ": gradient of the worst tensor", worst);
  float mine = 0, other = 0;
  for (std::size_t i = 0; i < 10; ++i) {
    mine = static_cast<float>(ours.iterate(i % batches.size()));
    other = static_cast<float>(theirs->iterate(i % batches.size()));
  }
  check_gate(name + ": loss after ten iterations", relative_error({&mine, 1}, {&other, 1}), 1e-3);
}

Contest against_libtorch(const Case& c, int threads) {
  const engine::Model model = random_model(spec_of(c.network));
  const auto batches = std::make_shared<std::vector<trainer::Batch>>();
  for (int i = 0; i < kBatches; ++i) batches->push_back(random_batch(c.length, kBatch, c.every, i));
  Contest contest{.unit = "sequences/s", .work_per_unit = kBatch};
  if (libtorch::available()) {
    static std::set<std::string> passed;
    if (passed.insert(name_of(c)).second) {
      libtorch::set_threads(2);
      check_training(name_of(c), model, *batches);
    }
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
