// Small random networks and pieces in host memory, for tests of the ladder; what pieces_case.h puts on a device and
// reference_pieces.h computes in double.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/generate/network.h"
#include "kernels/generate/pieces.h"
#include "kernels/math/philox.h"

namespace kernels {

struct HostInput {
  NoteField field = NoteField::pitch;
  bool table = false;
  int classes = 1;
  float scale = 1;
  std::vector<float> rows;  // [classes, 4H]
};

struct HostLayer {
  int below = 0, hidden = 0;
  std::vector<float> w_ih, w_hh, bias;
};

struct HostDense {
  std::vector<float> weight, bias;
  int terms = 0, size = 0;
  HeadCurve curve = HeadCurve::linear;
  int from = DenseView::kFromState, to = 0;
};

struct HostNetwork {
  std::vector<HostInput> inputs;
  std::vector<HostLayer> layers;
  std::vector<HostDense> readout;
  int readout_size = 0, candidates = 0, logits_at = 0, step_at = 0, duration_at = 0, window = 0;
  bool carry = false;
};

/// What network to make.
struct NetworkCase {
  const char* name = "";
  std::vector<int> hidden = {16};
  int window = 4, candidates = 12;
  bool carry = false;
  bool table = false;           ///< the pitch chooses a row; else it is a scaled number
  std::vector<int> dense = {};  ///< sizes of the layers before the heads
  std::vector<int> heads = {};  ///< sizes of hidden layers of each head
  bool joint = true;            ///< heads without hidden layers are one dense layer
  std::uint64_t seed = 1;
};
inline void PrintTo(const NetworkCase& c, std::ostream* out) { *out << c.name; }

/// Uniform numbers within +-bound, by counter.
class HostNumbers {
 public:
  explicit HostNumbers(std::uint64_t seed) : seed_(seed) {}
  float next(double bound) {
    const Words4 words = random_words(seed_, 77, at_++, Purpose::kWeights);
    return static_cast<float>((2 * uniform(words.w[0]) - 1) * bound);
  }
  std::vector<float> several(std::size_t count, double bound) {
    std::vector<float> values(count);
    for (float& value : values) value = next(bound);
    return values;
  }

 private:
  std::uint64_t seed_;
  std::uint32_t at_ = 0;
};

class NetworkMaker {
 public:
  explicit NetworkMaker(const NetworkCase& c) : case_(c), numbers_(c.seed) {
    network_.window = c.window;
    network_.carry = c.carry;
    network_.candidates = c.candidates;
  }

  HostNetwork make() {
    add_inputs();
    for (std::size_t l = 0; l < case_.hidden.size(); ++l) add_layer(l);
    int from = DenseView::kFromState, terms = case_.hidden.back();
    for (const int size : case_.dense) {
      from = add_dense(size, terms, from, HeadCurve::relu);
      terms = size;
    }
    if (case_.joint && case_.heads.empty()) {
      network_.logits_at = add_dense(case_.candidates + 2, terms, from, HeadCurve::linear);
      network_.step_at = network_.logits_at + case_.candidates;
      network_.duration_at = network_.step_at + 1;
    } else {
      network_.logits_at = add_head(case_.candidates, terms, from);
      network_.step_at = add_head(1, terms, from);
      network_.duration_at = add_head(1, terms, from);
    }
    lift(network_.step_at, 0.4f);
    lift(network_.duration_at, 0.5f);
    return network_;
  }

 private:
  // Larger weights than fresh ones, so that outputs differ clearly between notes.
  static double bound(int terms) { return 2 / std::sqrt(terms); }

  void add_inputs() {
    const std::size_t columns = 4 * static_cast<std::size_t>(case_.hidden[0]);
    const auto add = [&](NoteField field, bool table, int classes, float scale) {
      network_.inputs.push_back(
          {field, table, classes, scale, numbers_.several(columns * static_cast<std::size_t>(classes), bound(3))});
    };
    add(NoteField::pitch, case_.table, case_.table ? case_.candidates : 1, 1.0f / static_cast<float>(case_.candidates));
    add(NoteField::step, false, 1, 1);
    add(NoteField::duration, false, 1, 0.5f);
  }

  void add_layer(std::size_t l) {
    HostLayer layer;
    layer.hidden = case_.hidden[l];
    layer.below = l == 0 ? 0 : case_.hidden[l - 1];
    const std::size_t columns = 4 * static_cast<std::size_t>(layer.hidden);
    layer.w_ih = numbers_.several(columns * static_cast<std::size_t>(layer.below), bound(layer.hidden));
    layer.w_hh = numbers_.several(columns * static_cast<std::size_t>(layer.hidden), bound(layer.hidden));
    layer.bias = numbers_.several(columns, 0.5);
    network_.layers.push_back(layer);
  }

  int add_dense(int size, int terms, int from, HeadCurve curve) {
    HostDense dense;
    dense.size = size;
    dense.terms = terms;
    dense.from = from;
    dense.curve = curve;
    dense.to = network_.readout_size;
    dense.weight = numbers_.several(static_cast<std::size_t>(size) * static_cast<std::size_t>(terms), 2 * bound(terms));
    dense.bias = numbers_.several(static_cast<std::size_t>(size), 0.2);
    network_.readout_size += size;
    network_.readout.push_back(dense);
    return dense.to;
  }

  int add_head(int size, int terms, int from) {
    for (const int hidden : case_.heads) {
      from = add_dense(hidden, terms, from, HeadCurve::tanh);
      terms = hidden;
    }
    return add_dense(size, terms, from, HeadCurve::linear);
  }

  // Steps and durations hover about zero otherwise, where they are clamped.
  void lift(int at, float by) {
    for (HostDense& dense : network_.readout) {
      if (dense.to <= at && at < dense.to + dense.size) dense.bias[static_cast<std::size_t>(at - dense.to)] += by;
    }
  }

  NetworkCase case_;
  HostNumbers numbers_;
  HostNetwork network_;
};

inline HostNetwork random_network(const NetworkCase& c) { return NetworkMaker(c).make(); }

/// Centres between which the score is neither 0 nor 1, for pitches below `candidates`.
inline ClustersView random_clusters(int candidates) {
  ClustersView clusters{.present = true};
  const float v = static_cast<float>(candidates);
  const float mean[9] = {0.4f, 0.8f, 0.2f, 0.5f, 0.9f, 0.2f, v / 2, 0.8f * v, v / 8};
  const float deviation[9] = {0.2f, 0.5f, 0.2f, 0.2f, 0.5f, 0.2f, v / 4, v / 4, v / 8};
  for (int f = 0; f < 9; ++f) {
    clusters.mean[f] = mean[f];
    clusters.inverse[f] = 1 / deviation[f];
    clusters.centre[0][f] = f % 3 == 0 ? 0.4f : -0.3f;
    clusters.centre[1][f] = f % 3 == 0 ? -0.5f : 0.4f;
  }
  return clusters;
}

/// A piece before it goes on.
struct HostPiece {
  VoiceView voice;
  std::vector<Played> primer;
  int left = 0;  ///< notes to choose
};

inline std::vector<Played> random_notes(int count, int candidates, std::uint64_t seed) {
  std::vector<Played> notes;
  for (int i = 0; i < count; ++i) {
    const Words4 words = random_words(seed, 5, static_cast<std::uint32_t>(i), Purpose::kShuffle);
    notes.push_back({static_cast<float>(uniform(words.w[0])), static_cast<float>(uniform(words.w[1])),
                     static_cast<std::int32_t>(words.w[2] % static_cast<std::uint32_t>(candidates))});
  }
  return notes;
}

/// Voice number i: each way of sampling and modulating has its turn.
inline VoiceView voice(int i, std::uint64_t seed = 11) {
  VoiceView v;
  v.seed = seed;
  v.index = static_cast<std::uint64_t>(i);
  v.alpha = i % 4 == 3 ? 0 : 1.5f;
  v.beta = 0.7f;
  v.label = i % 3 - 1;
  v.pace = (i + 1) % 3 - 1;
  v.gamma = 0.05 + 0.01 * i;
  v.delta = 0.08;
  v.sigma_step = 0.1;
  v.sigma_duration = 0.2;
  v.note_draw = i % 2;
  v.folded = i / 2 % 2;
  const int way = i % 6;
  v.greedy = way == 1;
  v.gumbel = way == 2;
  v.top_k = way == 3 ? 5 : 0;
  v.top_p = way == 4 ? 0.7f : 1.0f;
  if (way == 5) v.label = i % 2 == 0 ? 1 : -1;
  return v;
}

/// Pieces with primers of rising length (the first has none) and so many notes to go; a count of 0 is passed over.
inline std::vector<HostPiece> random_pieces(const std::vector<int>& left, int candidates) {
  std::vector<HostPiece> pieces;
  for (std::size_t i = 0; i < left.size(); ++i) {
    const int n = static_cast<int>(i);
    pieces.push_back({voice(n), random_notes(n * 2 % 9, candidates, 100 + i), left[i]});
  }
  return pieces;
}

}  // namespace kernels
