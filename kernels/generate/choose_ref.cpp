// The definition, from semantics.md: no formula is shared with the kernels but the random numbers.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <vector>

#include "kernels/generate/choose.h"
#include "kernels/math/philox.h"

namespace kernels {
namespace {

using Values = std::vector<double>;

constexpr double kNever = -std::numeric_limits<double>::infinity();

/// A slot with something left to write.
struct Slot {
  const VoiceView& voice;
  const Played* window;
  const float* readout;
  int notes;
  Progress& progress;
};

void add_mean_max_deviation(const Values& values, Values& features) {
  const double n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  features.insert(features.end(), {mean, *std::ranges::max_element(values), std::sqrt(squares / n)});
}

double distance_to(const ClustersView& clusters, int which, const Values& features) {
  double sum = 0;
  for (int f = 0; f < 9; ++f) {
    const double scaled = (features[f] - double{clusters.mean[f]}) * double{clusters.inverse[f]};
    sum += std::pow(scaled - double{clusters.centre[which][f]}, 2);
  }
  return std::sqrt(sum);
}

Values scores_of(const ChooseOp& op, const Slot& slot) {
  Values steps, durations, pitches;
  for (int n = 0; n < slot.notes; ++n) {
    steps.push_back(slot.window[n].step);
    durations.push_back(slot.window[n].duration);
    pitches.push_back(slot.window[n].pitch);
  }
  steps.push_back(std::max(slot.readout[op.network.step_at], 0.0f));
  durations.push_back(std::max(slot.readout[op.network.duration_at], 0.0f));
  pitches.push_back(0);
  Values shared;
  add_mean_max_deviation(steps, shared);
  add_mean_max_deviation(durations, shared);
  Values scores;
  for (int candidate = 0; candidate < op.network.candidates; ++candidate) {
    pitches.back() = candidate;
    Values features = shared;
    add_mean_max_deviation(pitches, features);
    const double sad = distance_to(op.clusters, 0, features), happy = distance_to(op.clusters, 1, features);
    scores.push_back(1 / (1 + std::exp(slot.voice.label > 0 ? happy - sad : sad - happy)));
  }
  return scores;
}

/// Candidates by falling weight, equals by rising index; keeps those that top_k and top_p let through.
void cut(Values& weights, const VoiceView& voice) {
  std::vector<std::size_t> order(weights.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return weights[a] > weights[b]; });
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  double before = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const double weight = weights[order[rank]];
    const bool counted = voice.top_k <= 0 || rank < static_cast<std::size_t>(voice.top_k);
    const bool needed = voice.top_p >= 1 || before < double{voice.top_p} * total;
    if (!counted || !needed) weights[order[rank]] = 0;
    before += weight;
  }
}

int first_highest(const Values& values) { return static_cast<int>(std::ranges::max_element(values) - values.begin()); }

int draw(const Values& weights, double u) {
  const double target = u * std::accumulate(weights.begin(), weights.end(), 0.0);
  double sum = 0;
  int last = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] <= 0) continue;
    last = static_cast<int>(i);
    sum += weights[i];
    if (sum > target) break;
  }
  return last;
}

int draw_gumbel(const ChooseOp& op, const Slot& slot, Values blended, const Values& weights) {
  const auto candidates = static_cast<std::uint32_t>(op.network.candidates);
  for (std::uint32_t i = 0; i < candidates; ++i) {
    const Words4 words =
        random_words(slot.voice.seed, slot.voice.index, slot.progress.written * candidates + i, Purpose::kGumbel);
    blended[i] = weights[i] > 0 ? blended[i] - std::log(-std::log(uniform(words.w[0]))) : kNever;
  }
  return first_highest(blended);
}

void write_row(float* rows, std::int64_t at, const Values& values, double divisor) {
  if (rows == nullptr) return;
  rows += at * static_cast<std::int64_t>(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) rows[i] = static_cast<float>(values[i] / divisor);
}

void refuse(Progress& progress, int fault) {
  progress.fault = fault;
  progress.left = progress.fresh = 0;
}

void choose(const ChooseOp& op, const Slot& slot, int& pitch) {
  const VoiceView& voice = slot.voice;
  if (!std::isfinite(slot.readout[op.network.step_at]) || !std::isfinite(slot.readout[op.network.duration_at])) {
    return refuse(slot.progress, 2);
  }
  const float* row = slot.readout + op.network.logits_at;
  const Values logits(row, row + op.network.candidates);
  const bool scored = op.clusters.present && voice.label != 0 && voice.alpha > 0;
  const Values scores = scored ? scores_of(op, slot) : Values();
  Values blended;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    blended.push_back((scored ? double{voice.alpha} * scores[i] : 0) + double{voice.beta} * logits[i]);
    if (!std::isfinite(logits[i]) || !std::isfinite(static_cast<float>(blended[i]))) return refuse(slot.progress, 1);
  }
  const double highest = *std::ranges::max_element(blended);
  Values weights;
  for (const double value : blended) weights.push_back(std::exp(value - highest));
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  cut(weights, voice);

  const std::int64_t at = slot.progress.out_at;
  write_row(op.output.logits, at, logits, 1);
  if (scored) write_row(op.output.scores, at, scores, 1);
  write_row(op.output.probabilities, at, weights, total);
  double u = std::numeric_limits<double>::quiet_NaN();
  if (voice.greedy != 0) {
    pitch = first_highest(blended);
  } else if (voice.gumbel != 0) {
    pitch = draw_gumbel(op, slot, blended, weights);
  } else {
    u = uniform(random_words(voice.seed, voice.index, slot.progress.written, Purpose::kPitch).w[0]);
    pitch = draw(weights, u);
  }
  if (op.output.u != nullptr) op.output.u[at] = u;
}

double drawn(const Slot& slot, double once, double sigma, Purpose purpose) {
  if (slot.voice.note_draw == 0) return once;
  const Words4 words = random_words(slot.voice.seed, slot.voice.index, slot.progress.written, purpose);
  const double g = 1 + sigma * gaussian(words.w[0], words.w[1]);
  return slot.voice.folded != 0 ? std::abs(1 - std::abs(g)) : 1 - std::abs(g);
}

void play(const ChooseOp& op, const Slot& slot, int pitch, Played* window) {
  const double gamma = drawn(slot, slot.voice.gamma, slot.voice.sigma_step, Purpose::kModulationStep);
  const double delta = drawn(slot, slot.voice.delta, slot.voice.sigma_duration, Purpose::kModulationDuration);
  const double step = std::max(0.0, double{slot.readout[op.network.step_at]});
  const double duration = std::max(0.0, double{slot.readout[op.network.duration_at]});
  const Played played{static_cast<float>(std::max(0.0, step * (1 - slot.voice.pace * gamma))),
                      static_cast<float>(std::max(0.0, duration * (1 - slot.voice.pace * delta))), pitch};
  const std::int64_t at = slot.progress.out_at;
  op.output.notes[at] = played;
  if (op.output.predicted != nullptr) {
    op.output.predicted[2 * at] = static_cast<float>(step);
    op.output.predicted[2 * at + 1] = static_cast<float>(duration);
  }
  if (op.output.modulation != nullptr) {
    op.output.modulation[2 * at] = gamma;
    op.output.modulation[2 * at + 1] = delta;
  }
  window[slot.progress.consumed % op.network.window] = played;
  Progress& p = slot.progress;
  p = {p.consumed + 1, p.written + 1, p.left - 1, p.out_at + 1, 1, p.fault};
}

template <class Visit>
void each_slot(const ChooseOp& op, const Visit& visit) {
  for (int i = 0; i < op.pieces.rows; ++i) {
    Progress& progress = op.pieces.progress[i];
    Played* window = op.pieces.window + std::ptrdiff_t{i} * op.network.window;
    const int notes = static_cast<int>(std::min<std::int64_t>(op.network.window, progress.consumed));
    const float* readout = op.pieces.readout + std::ptrdiff_t{i} * op.network.readout_size;
    visit(i, Slot{op.pieces.voices[i], window, readout, notes, progress}, window);
  }
}

}  // namespace

void choose_pitch_ref(const ChooseOp& op) {
  each_slot(op, [&](int i, const Slot& slot, Played*) {
    if (slot.progress.left > 0) choose(op, slot, op.pitch[i]);
  });
}

void modulate_ref(const ChooseOp& op) {
  each_slot(op, [&](int i, const Slot& slot, Played* window) {
    if (slot.progress.left > 0) {
      play(op, slot, op.pitch[i], window);
    } else {
      slot.progress.fresh = 0;
    }
  });
}

}  // namespace kernels
