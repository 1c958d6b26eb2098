#include "app/generate/trace.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>

namespace app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kCandidates = 10;

std::vector<std::size_t> likeliest(const std::vector<float>& p, std::size_t chosen) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const std::size_t kept = std::min(kCandidates, order.size());
  std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(kept),
                            [&](std::size_t a, std::size_t b) { return p[a] != p[b] ? p[a] > p[b] : a < b; });
  order.resize(kept);
  if (std::ranges::find(order, chosen) == order.end()) order.push_back(chosen);
  return order;
}

}  // namespace

std::string trace_line(int note, const engine::Note& played, const engine::NoteTrace& trace) {
  Json candidates = Json::array();
  for (const std::size_t i : likeliest(trace.probabilities, played.pitch)) {
    Json candidate = {{"pitch", i}, {"logit", trace.logits[i]}};
    if (!trace.scores.empty()) candidate["emotion_score"] = trace.scores[i];
    candidate["probability"] = trace.probabilities[i];
    candidates.push_back(std::move(candidate));
  }
  Json line = {{"note", note}, {"pitch", played.pitch}, {"candidates", std::move(candidates)}};
  line["draw"] = std::isnan(trace.u) ? Json(nullptr) : Json(trace.u);
  line["gamma"] = trace.gamma;
  line["delta"] = trace.delta;
  line["step_predicted"] = trace.step_predicted;
  line["duration_predicted"] = trace.duration_predicted;
  line["step"] = played.step_s;
  line["duration"] = played.duration_s;
  return line.dump();
}

}  // namespace app
