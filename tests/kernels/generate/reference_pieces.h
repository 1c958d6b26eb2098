// What the next note of a piece ought to be, in double, one scalar at a time, along the notes that somebody else chose.
// Written from semantics.md; shares no formula with the kernels (but the random counter, which has vectors of its own).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <vector>

#include "tests/kernels/generate/host_network.h"

namespace kernels {

struct ReferenceState {
  std::vector<std::vector<double>> h, c;  // per layer
};

struct ReferenceNote {
  std::vector<double> logits, scores, probabilities;  // scores: empty where the encloser is out
  std::vector<double> merit;                          // what greedy and gumbel take the highest of; else empty
  double u = std::numeric_limits<double>::quiet_NaN();
  double step = 0, duration = 0;  // predicted, clamped
  double gamma = 0, delta = 0;
  double played_step = 0, played_duration = 0;
};

class ReferencePiece {
 public:
  ReferencePiece(const HostNetwork& network, const ClustersView& clusters, const HostPiece& piece)
      : network_(network), clusters_(clusters), voice_(piece.voice), state_(zero_state()) {
    for (const Played& note : piece.primer) append(note);
  }

  const ReferenceState& state() const { return state_; }
  const std::vector<Played>& notes() const { return notes_; }

  /// The note that comes, before it is known which pitch is taken.
  ReferenceNote next() {
    ReferenceNote note;
    const std::vector<double> row = readout();
    note.logits.assign(row.begin() + network_.logits_at, row.begin() + network_.logits_at + network_.candidates);
    note.step = std::max(row[static_cast<std::size_t>(network_.step_at)], 0.0);
    note.duration = std::max(row[static_cast<std::size_t>(network_.duration_at)], 0.0);
    choose(note);
    const std::uint32_t draw = voice_.note_draw ? written_ : 0;
    note.gamma = voice_.note_draw ? drawn(voice_.sigma_step, draw, Purpose::kModulationStep) : voice_.gamma;
    note.delta = voice_.note_draw ? drawn(voice_.sigma_duration, draw, Purpose::kModulationDuration) : voice_.delta;
    note.played_step = std::max(note.step * (1 - voice_.pace * note.gamma), 0.0);
    note.played_duration = std::max(note.duration * (1 - voice_.pace * note.delta), 0.0);
    return note;
  }
  /// The note that was taken.
  void accept(const Played& note) {
    append(note);
    ++written_;
  }

 private:
  static double uniform_of(std::uint32_t word) { return ((word >> 8) + 0.5) / 16777216.0; }

  ReferenceState zero_state() const {
    ReferenceState state;
    for (const HostLayer& layer : network_.layers) {
      state.h.emplace_back(static_cast<std::size_t>(layer.hidden), 0.0);
      state.c.emplace_back(static_cast<std::size_t>(layer.hidden), 0.0);
    }
    return state;
  }

  void append(const Played& note) {
    notes_.push_back(note);
    if (network_.carry) consume(state_, note);
  }

  void consume(ReferenceState& state, const Played& note) const {
    for (std::size_t l = 0; l < network_.layers.size(); ++l) {
      const HostLayer& layer = network_.layers[l];
      const auto hidden = static_cast<std::size_t>(layer.hidden), below = static_cast<std::size_t>(layer.below);
      std::vector<double> gates(layer.bias.begin(), layer.bias.end());
      for (std::size_t row = 0; row < gates.size(); ++row) {
        for (std::size_t k = 0; k < hidden; ++k) gates[row] += double{layer.w_hh[row * hidden + k]} * state.h[l][k];
        for (std::size_t k = 0; k < below; ++k) gates[row] += double{layer.w_ih[row * below + k]} * state.h[l - 1][k];
        if (l == 0) gates[row] += input(note, row);
      }
      for (std::size_t j = 0; j < hidden; ++j) {
        const auto sigmoid = [&](std::size_t k) { return 1 / (1 + std::exp(-gates[k * hidden + j])); };
        state.c[l][j] = sigmoid(1) * state.c[l][j] + sigmoid(0) * std::tanh(gates[2 * hidden + j]);
        state.h[l][j] = sigmoid(3) * std::tanh(state.c[l][j]);
      }
    }
  }

  double input(const Played& note, std::size_t row) const {
    const std::size_t columns = 4 * static_cast<std::size_t>(network_.layers[0].hidden);
    double sum = 0;
    for (const HostInput& in : network_.inputs) {
      const double seconds = in.field == NoteField::step ? note.step : note.duration;
      const double value = in.field == NoteField::pitch ? note.pitch : seconds;
      if (in.table) {
        sum += in.rows[static_cast<std::size_t>(value) * columns + row];
      } else {
        sum += double{in.scale} * value * in.rows[row];
      }
    }
    return sum;
  }

  std::size_t window_notes() const { return std::min(notes_.size(), static_cast<std::size_t>(network_.window)); }

  std::vector<double> readout() const {
    ReferenceState state = network_.carry ? state_ : zero_state();
    if (!network_.carry) {
      for (std::size_t n = notes_.size() - window_notes(); n < notes_.size(); ++n) consume(state, notes_[n]);
    }
    std::vector<double> row(static_cast<std::size_t>(network_.readout_size));
    for (const HostDense& dense : network_.readout) {
      const double* x = dense.from == DenseView::kFromState ? state.h.back().data() : row.data() + dense.from;
      for (int o = 0; o < dense.size; ++o) {
        double y = dense.bias[static_cast<std::size_t>(o)];
        for (int k = 0; k < dense.terms; ++k)
          y += double{dense.weight[static_cast<std::size_t>(o * dense.terms + k)]} * x[k];
        if (dense.curve == HeadCurve::relu) y = std::max(y, 0.0);
        if (dense.curve == HeadCurve::tanh) y = std::tanh(y);
        row[static_cast<std::size_t>(dense.to + o)] = y;
      }
    }
    return row;
  }

  /// Mean, highest and deviation of the last notes' values and one more.
  template <class Value>
  void summarise(double last, const Value& value, double* out) const {
    std::vector<double> x;
    for (std::size_t n = notes_.size() - window_notes(); n < notes_.size(); ++n) x.push_back(value(notes_[n]));
    x.push_back(last);
    const double count = static_cast<double>(x.size());
    out[0] = std::accumulate(x.begin(), x.end(), 0.0) / count;
    out[1] = *std::max_element(x.begin(), x.end());
    double squares = 0;
    for (const double v : x) squares += (v - out[0]) * (v - out[0]);
    out[2] = std::sqrt(squares / count);
  }

  double score(const ReferenceNote& note, int candidate) const {
    double f[9];
    summarise(
        note.step, [](const Played& p) { return double{p.step}; }, f);
    summarise(
        note.duration, [](const Played& p) { return double{p.duration}; }, f + 3);
    summarise(
        candidate, [](const Played& p) { return static_cast<double>(p.pitch); }, f + 6);
    double d[2];
    for (int c = 0; c < 2; ++c) {
      double squares = 0;
      for (int i = 0; i < 9; ++i) {
        const double gap = (f[i] - clusters_.mean[i]) * clusters_.inverse[i] - clusters_.centre[c][i];
        squares += gap * gap;
      }
      d[c] = std::sqrt(squares);
    }
    const int wanted = voice_.label > 0 ? 1 : 0;
    return 1 - std::exp(d[wanted]) / (std::exp(d[0]) + std::exp(d[1]));
  }

  void choose(ReferenceNote& note) const {
    const auto v = static_cast<std::size_t>(network_.candidates);
    std::vector<double> blend(v);
    if (clusters_.present && voice_.label != 0 && voice_.alpha > 0) {
      for (int i = 0; i < network_.candidates; ++i) note.scores.push_back(score(note, i));
    }
    for (std::size_t i = 0; i < v; ++i) {
      blend[i] = (note.scores.empty() ? 0 : voice_.alpha * note.scores[i]) + voice_.beta * note.logits[i];
    }
    const double highest = *std::max_element(blend.begin(), blend.end());
    double total = 0;
    for (const double b : blend) total += std::exp(b - highest);
    for (const double b : blend) note.probabilities.push_back(std::exp(b - highest) / total);
    cut(note.probabilities);
    if (voice_.greedy) {
      note.merit = blend;
    } else if (voice_.gumbel) {
      for (std::size_t i = 0; i < v; ++i) {
        const Words4 words =
            random_words(voice_.seed, voice_.index,
                         written_ * static_cast<std::uint32_t>(v) + static_cast<std::uint32_t>(i), Purpose::kGumbel);
        const double noise = -std::log(-std::log(uniform_of(words.w[0])));
        note.merit.push_back(note.probabilities[i] > 0 ? blend[i] + noise : -INFINITY);
      }
    } else {
      note.u = uniform_of(random_words(voice_.seed, voice_.index, written_, Purpose::kPitch).w[0]);
    }
  }

  void cut(std::vector<double>& p) const {
    std::vector<std::size_t> order(p.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] > p[b]; });
    double before = 0;
    for (std::size_t rank = 0; rank < order.size(); ++rank) {
      const double mass = p[order[rank]];
      const bool kept = (voice_.top_k <= 0 || rank < static_cast<std::size_t>(voice_.top_k)) &&
                        (voice_.top_p >= 1 || before < voice_.top_p);
      before += mass;
      if (!kept) p[order[rank]] = 0;
    }
  }

  double drawn(double sigma, std::uint32_t note, Purpose purpose) const {
    const Words4 words = random_words(voice_.seed, voice_.index, note, purpose);
    const double g = 1 + sigma * std::sqrt(-2 * std::log(uniform_of(words.w[0]))) *
                             std::cos(2 * std::acos(-1.0) * uniform_of(words.w[1]));
    const double gamma = 1 - std::fabs(g);
    return voice_.folded ? std::fabs(gamma) : gamma;
  }

  HostNetwork network_;
  ClustersView clusters_;
  VoiceView voice_;
  ReferenceState state_;
  std::vector<Played> notes_;
  std::uint32_t written_ = 0;
};

}  // namespace kernels
