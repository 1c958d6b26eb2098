#include "engine/generate/reference/choose.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/generate/checks.h"

namespace engine::reference {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

Vector blended(const Vector& logits, const Vector& scores, const Sampling& s) {
  Vector blend(logits.size());
  for (std::size_t i = 0; i < logits.size(); ++i) {
    blend[i] = ((scores.empty() ? 0.0 : s.alpha * scores[i]) + s.beta * logits[i]) / s.temperature;
  }
  return blend;
}

std::size_t arg_max(const Vector& values) {
  return static_cast<std::size_t>(std::ranges::max_element(values) - values.begin());  // the first of equals
}

/// Sets to 0 what top_k and top_p leave out: candidates by falling probability, equals by rising index.
void cut_tail(Vector& p, const Sampling& s) {
  if (s.top_k <= 0 && s.top_p >= 1) return;
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return p[a] > p[b]; });
  const double total = std::accumulate(p.begin(), p.end(), 0.0);
  double before = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const double mass = p[order[rank]];
    const bool within_k = s.top_k <= 0 || rank < static_cast<std::size_t>(s.top_k);
    const bool within_p = s.top_p >= 1 || before < s.top_p * total;
    before += mass;
    if (!within_k || !within_p) p[order[rank]] = 0;
  }
}

int draw_gumbel(const Vector& p, const Vector& logits, const Vector& scores, const Sampling& s, const PieceKey& key,
                std::uint32_t note) {
  Vector noisy = blended(logits, scores, s);
  const auto candidates = static_cast<std::uint32_t>(noisy.size());
  for (std::uint32_t i = 0; i < candidates; ++i) {
    const auto words = kernels::random_words(key.seed, key.index, note * candidates + i, kernels::Purpose::kGumbel);
    noisy[i] = p[i] > 0 ? noisy[i] - std::log(-std::log(kernels::uniform(words.w[0]))) : kNever;
  }
  return static_cast<int>(arg_max(noisy));
}

int draw_inverse_cdf(const Vector& p, double u) {
  const double target = u * std::accumulate(p.begin(), p.end(), 0.0);
  double sum = 0;
  int last = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (p[i] <= 0) continue;
    sum += p[i];
    last = static_cast<int>(i);
    if (sum > target) break;
  }
  return last;
}

}  // namespace

int sign(double x) { return (x > 0) - (x < 0); }

Vector emotion_scores(const Clusters& clusters, std::span<const Note> window, const Outputs& outputs, int label) {
  std::vector<Note> notes(window.begin(), window.end());
  notes.push_back({.step_s = static_cast<float>(std::max(outputs.step, 0.0)),
                   .duration_s = static_cast<float>(std::max(outputs.duration, 0.0))});
  Vector scores(outputs.pitch_logits.size());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    notes.back().pitch = static_cast<std::uint8_t>(i);
    const ClusterDistances d = distances(clusters, features_of(notes));
    const double own = label > 0 ? d.happy : d.sad, other = label > 0 ? d.sad : d.happy;
    scores[i] = 1.0 / (1.0 + std::exp(own - other));  // = 1 - e^own / (e^own + e^other)
  }
  return scores;
}

Vector probabilities(const Vector& logits, const Vector& scores, const Sampling& sampling) {
  Vector p = blended(logits, scores, sampling);
  const double greatest = *std::ranges::max_element(p);
  double total = 0;
  for (double& value : p) total += value = std::exp(value - greatest);
  for (double& value : p) value /= total;
  cut_tail(p, sampling);
  return p;
}

int draw(const Vector& p, const Vector& logits, const Vector& scores, const Sampling& sampling, const PieceKey& key,
         std::uint32_t note, NoteTrace* trace) {
  if (trace) trace->u = std::numeric_limits<double>::quiet_NaN();
  if (sampling.greedy) return static_cast<int>(arg_max(blended(logits, scores, sampling)));
  if (sampling.sampler == Sampler::gumbel) return draw_gumbel(p, logits, scores, sampling, key, note);
  const double u = kernels::uniform(kernels::random_words(key.seed, key.index, note, kernels::Purpose::kPitch).w[0]);
  if (trace) trace->u = u;
  return draw_inverse_cdf(p, u);
}

double modulation(const Sampling& sampling, double sigma, const PieceKey& key, std::uint32_t note,
                  kernels::Purpose purpose) {
  const std::uint32_t at = sampling.draw == ModulationDraw::piece ? 0 : note;
  const auto words = kernels::random_words(key.seed, key.index, at, purpose);
  const double g = 1.0 + sigma * kernels::gaussian(words.w[0], words.w[1]);
  const double signed_form = 1.0 - std::abs(g);
  return sampling.form == ModulationForm::folded ? std::abs(signed_form) : signed_form;
}

Note choose_note(const Outputs& outputs, std::span<const Note> window, const std::optional<Clusters>& clusters,
                 const Expression& expression, const PieceKey& key, std::uint32_t note, NoteTrace* trace) {
  bool finite = std::isfinite(outputs.step) && std::isfinite(outputs.duration);
  for (const double logit : outputs.pitch_logits) finite = finite && std::isfinite(logit);
  if (!finite) {
    refuse_output(note, "outputs are");
  }
  const Sampling& s = expression.sampling;
  const int label = sign(expression.emotion.valence), pace = sign(expression.emotion.arousal);
  Vector scores;
  if (clusters && label != 0 && s.alpha > 0) scores = emotion_scores(*clusters, window, outputs, label);
  const Vector p = probabilities(outputs.pitch_logits, scores, s);
  const int pitch = draw(p, outputs.pitch_logits, scores, s, key, note, trace);
  const double gamma = modulation(s, s.sigma_step, key, note, kernels::Purpose::kModulationStep);
  const double delta = modulation(s, s.sigma_duration, key, note, kernels::Purpose::kModulationDuration);
  const double step = std::max(outputs.step, 0.0), duration = std::max(outputs.duration, 0.0);
  if (trace) {
    trace->logits.assign(outputs.pitch_logits.begin(), outputs.pitch_logits.end());
    trace->scores.assign(scores.begin(), scores.end());
    trace->probabilities.assign(p.begin(), p.end());
    trace->step_predicted = static_cast<float>(step);
    trace->duration_predicted = static_cast<float>(duration);
    trace->gamma = gamma;
    trace->delta = delta;
  }
  return {.step_s = static_cast<float>(std::max(step * (1 - pace * gamma), 0.0)),
          .duration_s = static_cast<float>(std::max(duration * (1 - pace * delta), 0.0)),
          .pitch = static_cast<std::uint8_t>(pitch),
          .program = expression.program};
}

}  // namespace engine::reference
