#include "bench/harness/subjects.h"

#include <cmath>
#include <cstdio>
#include <limits>
#include <set>
#include <stdexcept>

#include "engine/model/presets.h"
#include "kernels/math/philox.h"

namespace bench {

engine::ModelSpec spec_of(const std::string& name) {
  engine::ModelSpec spec = engine::seed_spec();
  if (name == "1x128") return spec;
  spec.name = name;
  if (name == "3x256") {
    spec.lstm = {256, 256, 256};
  } else if (name == "3x512") {
    spec.lstm = {512, 512, 512};
    spec.window = 100;
  } else {
    throw std::invalid_argument("no network is called " + name);
  }
  return spec;
}

engine::Model random_model(const engine::ModelSpec& spec) {
  engine::Model model = engine::new_model(spec, 1);
  model.tensors.at("step_head.bias").values[0] = 0.3f;
  model.tensors.at("duration_head.bias").values[0] = 0.5f;
  engine::Clusters clusters;
  clusters.happy = {0.2, 0.5, 0.1, 0.2, 0.5, 0.1, 70, 90, 12};
  clusters.sad = {0.6, 1.5, 0.4, 0.6, 1.5, 0.4, 55, 75, 8};
  clusters.deviation = {0.2, 0.5, 0.2, 0.2, 0.5, 0.2, 10, 10, 4};
  model.clusters = clusters;
  return model;
}

std::vector<engine::Note> random_notes(int count, int piece) {
  std::vector<engine::Note> notes;
  for (int i = 0; i < count; ++i) {
    const auto words = kernels::random_words(5, static_cast<std::uint64_t>(piece), static_cast<std::uint32_t>(i),
                                             kernels::Purpose::kShuffle);
    notes.push_back({.step_s = static_cast<float>(kernels::uniform(words.w[0])),
                     .duration_s = static_cast<float>(kernels::uniform(words.w[1])),
                     .pitch = static_cast<std::uint8_t>(words.w[2] % 128)});
  }
  return notes;
}

double relative_error(std::span<const float> a, std::span<const float> b) {
  constexpr double kBroken = std::numeric_limits<double>::infinity();
  if (a.size() != b.size() || b.empty()) return kBroken;
  double gap = 0, size = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = a[i], y = b[i];
    gap += (x - y) * (x - y);
    size += y * y;
  }
  const double error = std::sqrt(gap / size);
  return std::isfinite(error) ? error : kBroken;
}

void check_gate(const std::string& name, double error, double limit) {
  std::fprintf(stderr, "gate %-44s relative error %.1e, at most %.0e\n", name.c_str(), error, limit);
  if (!(error <= limit)) throw std::runtime_error("gate failed: " + name + "; nothing is timed");
}

void pass_once(const std::string& name, const std::function<void()>& check) {
  static std::set<std::string> passed;
  if (passed.contains(name)) return;
  check();
  passed.insert(name);
}

}  // namespace bench
