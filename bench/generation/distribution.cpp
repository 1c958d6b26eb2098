#include "bench/generation/distribution.h"

#include <cstdio>
#include <random>
#include <stdexcept>

#include "bench/statistics/two_samples.h"

namespace bench {
namespace {

void check_p(const std::string& name, double p) {
  std::fprintf(stderr, "gate %-44s p %.2e, more than %.0e\n", name.c_str(), p, kSmallestP);
  if (!(p > kSmallestP)) throw std::runtime_error("gate failed: " + name + "; nothing is timed");
}

}  // namespace

void NoteSample::add(std::span<const engine::Note> notes) {
  for (const engine::Note& note : notes) {
    ++pitches[note.pitch];
    steps.push_back(note.step_s);
    durations.push_back(note.duration_s);
  }
}

NoteSample sample_of(int pieces, int together,
                     const std::function<std::vector<engine::Note>(std::uint64_t first)>& last_notes) {
  NoteSample sample;
  for (int first = 0; first < pieces; first += together) sample.add(last_notes(static_cast<std::uint64_t>(first)));
  return sample;
}

std::vector<float> unrelated_draws(std::size_t count, std::uint64_t first) {
  std::mt19937_64 random(first + 1);
  std::vector<float> draws(count);
  // 23 bits and a half: never 0 or 1, and exact in a float.
  for (float& u : draws) u = (static_cast<float>(random() >> 41) + 0.5f) / 8388608.0f;
  return draws;
}

void check_distribution(const std::string& name, const NoteSample& ours, const NoteSample& theirs) {
  check_p(name + ": pitches", chi_square_p(ours.pitches, theirs.pitches));
  check_p(name + ": steps", kolmogorov_smirnov_p(ours.steps, theirs.steps));
  check_p(name + ": durations", kolmogorov_smirnov_p(ours.durations, theirs.durations));
}

}  // namespace bench
