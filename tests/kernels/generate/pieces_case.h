// A random network and its pieces on the device, run by a rung, and what came out held against reference_pieces.h.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "kernels/generate/rung.h"
#include "kernels/runtime/buffer.h"
#include "tests/kernels/generate/reference_pieces.h"

namespace kernels::inline AFFETTO_PLATFORM {

/// What the pieces' notes and their traces were, piece after piece in the order of the slots.
struct Outcome {
  std::vector<Played> notes;
  std::vector<float> logits, scores, probabilities, predicted;
  std::vector<double> u, modulation;
  std::vector<Progress> progress;
  std::vector<Played> window;

  /// Bit for bit.
  bool same_as(const Outcome& other) const {
    const auto same = [](const auto& a, const auto& b) {
      return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof a[0]) == 0;
    };
    return same(notes, other.notes) && same(logits, other.logits) && same(scores, other.scores) &&
           same(probabilities, other.probabilities) && same(predicted, other.predicted) && same(u, other.u) &&
           same(modulation, other.modulation) && same(window, other.window);
  }
  std::vector<int> pitches() const {
    std::vector<int> all;
    for (const Played& note : notes) all.push_back(note.pitch);
    return all;
  }
};

class PiecesCase {
 public:
  /// @param slots  how many there are; pieces are in the first
  PiecesCase(StreamRef stream, const HostNetwork& network, const ClustersView& clusters,
             const std::vector<HostPiece>& pieces)
      : stream_(stream), host_(network), clusters_(clusters), pieces_(pieces) {
    put_network();
    put_pieces();
    put_output();
    stream.synchronize();
  }

  const NetworkView& network() const { return network_; }
  const ClustersView& clusters() const { return clusters_; }
  PiecesView pieces() const { return view_; }
  OutputView output() const { return output_; }
  int slots() const { return static_cast<int>(pieces_.size()); }
  int most_left() const {
    int most = 0;
    for (const HostPiece& piece : pieces_) most = std::max(most, piece.left);
    return most;
  }

  Outcome outcome() const {
    return {notes_.to_host(),         logits_.to_host(),    scores_.to_host(),
            probabilities_.to_host(), predicted_.to_host(), u_.to_host(),
            modulation_.to_host(),    progress_.to_host(),  window_.to_host()};
  }
  /// [slots, H] of a layer.
  std::vector<float> h(int layer) const { return h_[static_cast<std::size_t>(layer)].to_host(); }
  std::vector<float> c(int layer) const { return c_[static_cast<std::size_t>(layer)].to_host(); }
  std::vector<float> readout() const { return readout_.to_host(); }
  std::vector<Progress> progress() const { return progress_.to_host(); }

  void put_progress(const std::vector<Progress>& progress) {
    progress_.upload(progress);
    stream_.synchronize();
  }
  /// Note number n of a piece, into its window.
  void put_note(std::size_t slot, std::size_t n, const Played& note) {
    const auto w = static_cast<std::size_t>(host_.window);
    window_.upload({&note, 1}, slot * w + n % w);
    stream_.synchronize();
  }

  /// Everything a rung wrote against the reference along the rung's own notes, after notes() notes of each piece.
  /// @param gate  of performance.md, section 6, for the rung's precision
  void expect_reference(const Outcome& got, double gate = kFp32Gate) const {
    std::size_t at = 0;
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      SCOPED_TRACE("piece " + std::to_string(i));
      ReferencePiece reference(host_, clusters_, pieces_[i]);
      for (int n = 0; n < pieces_[i].left; ++n, ++at) {
        SCOPED_TRACE("note " + std::to_string(n));
        expect_note(reference.next(), got, at, gate);
        if (testing::Test::HasFailure()) return;
        reference.accept(got.notes[at]);
      }
      expect_progress(reference, got, i);
    }
    EXPECT_EQ(got.notes.size(), at);
  }

 private:
  static constexpr double kFp32Gate = 1e-5;  // performance.md, section 6

  void expect_note(const ReferenceNote& want, const Outcome& got, std::size_t at, double gate) const {
    const std::size_t v = want.logits.size();
    double squares = 0, errors = 0;
    for (const double logit : want.logits) squares += logit * logit;
    // In fp32 probabilities meet the gate of the logits. In 16 bits: a softmax changes by at most half the largest
    // change of what goes into it, which the norm bounds.
    const double gate_p = gate <= kFp32Gate ? gate : gate * std::max(1.0, std::sqrt(squares));
    for (std::size_t i = 0; i < v; ++i) {
      const double error = double{got.logits[at * v + i]} - want.logits[i];
      errors += error * error;
      EXPECT_NEAR(got.probabilities[at * v + i], want.probabilities[i], gate_p) << "candidate " << i;
      if (want.scores.empty()) {
        EXPECT_TRUE(std::isnan(got.scores[at * v + i])) << "the encloser is out: nothing is written";
      } else {
        EXPECT_NEAR(got.scores[at * v + i], want.scores[i], gate) << "candidate " << i;
      }
    }
    EXPECT_LE(std::sqrt(errors), gate * std::sqrt(squares)) << "of the logits";
    EXPECT_NEAR(got.predicted[2 * at], want.step, gate * (1 + want.step));
    EXPECT_NEAR(got.predicted[2 * at + 1], want.duration, gate * (1 + want.duration));
    // Doubles of the same formula, but for their libraries' last bits.
    EXPECT_NEAR(got.modulation[2 * at], want.gamma, 1e-12);
    EXPECT_NEAR(got.modulation[2 * at + 1], want.delta, 1e-12);
    EXPECT_NEAR(got.notes[at].step, want.played_step, 2 * gate * (1 + want.step));
    EXPECT_NEAR(got.notes[at].duration, want.played_duration, 2 * gate * (1 + want.duration));
    expect_choice(want, got.notes[at].pitch, got.u[at], gate_p);
  }

  /// The pitch that the reference takes, or one as good as it within the gate.
  static void expect_choice(const ReferenceNote& want, int pitch, double u, double gate) {
    ASSERT_GE(pitch, 0);
    ASSERT_LT(pitch, static_cast<int>(want.logits.size()));
    const auto chosen = static_cast<std::size_t>(pitch);
    EXPECT_GT(want.probabilities[chosen], 0) << "the tail was cut";
    if (!want.merit.empty()) {
      EXPECT_TRUE(std::isnan(u)) << "nothing was drawn";
      EXPECT_GE(want.merit[chosen], *std::max_element(want.merit.begin(), want.merit.end()) - gate * 100);
      return;
    }
    EXPECT_EQ(u, want.u);
    double total = 0, before = 0;
    for (const double p : want.probabilities) total += p;
    for (std::size_t i = 0; i < chosen; ++i) before += want.probabilities[i];
    EXPECT_LE(before, u * total + gate);
    EXPECT_GE(before + want.probabilities[chosen], u * total - gate);
  }

  void expect_progress(const ReferencePiece& reference, const Outcome& got, std::size_t i) const {
    const Progress& progress = got.progress[i];
    EXPECT_EQ(progress.consumed, static_cast<std::int64_t>(reference.notes().size()));
    EXPECT_EQ(progress.written, static_cast<std::uint32_t>(pieces_[i].left));
    EXPECT_EQ(progress.left, 0);
    EXPECT_EQ(progress.fault, 0);
    const auto w = static_cast<std::size_t>(host_.window), count = reference.notes().size();
    for (std::size_t n = count - std::min(w, count); n < count; ++n) {
      EXPECT_EQ(std::memcmp(&got.window[i * w + n % w], &reference.notes()[n], sizeof(Played)), 0) << "note " << n;
    }
  }

  template <class T>
  DeviceBuffer<T> uploaded(const std::vector<T>& host) {
    DeviceBuffer<T> buffer(stream_, host.size());
    buffer.upload(host);
    return buffer;
  }
  template <class T>
  DeviceBuffer<T> poisoned(std::size_t count) {
    DeviceBuffer<T> buffer(stream_, count);
    buffer.fill(0xff);
    return buffer;
  }
  const float* keep(const std::vector<float>& host) {
    if (host.empty()) return nullptr;
    weights_.push_back(uploaded(host));
    return weights_.back().data();
  }

  void put_network() {
    for (const HostInput& in : host_.inputs) {
      network_.inputs[network_.input_count++] = {keep(in.rows), in.classes, in.field, in.table, in.scale};
    }
    for (const HostLayer& l : host_.layers) {
      network_.layers[network_.layer_count++] = {keep(l.w_ih), keep(l.w_hh), keep(l.bias), l.below, l.hidden};
    }
    for (const HostDense& d : host_.readout) {
      network_.readout[network_.readout_count++] = {keep(d.weight), keep(d.bias), d.terms, d.size,
                                                    d.curve,        d.from,       d.to};
    }
    network_.readout_size = host_.readout_size;
    network_.candidates = host_.candidates;
    network_.logits_at = host_.logits_at;
    network_.step_at = host_.step_at;
    network_.duration_at = host_.duration_at;
    network_.window = host_.window;
    network_.carry = host_.carry;
  }

  void put_pieces() {
    const std::size_t slots = pieces_.size(), w = static_cast<std::size_t>(host_.window);
    std::vector<VoiceView> voices;
    std::vector<Progress> progress;
    Played nothing;
    std::memset(static_cast<void*>(&nothing), 0xff, sizeof nothing);
    std::vector<Played> window(slots * w, nothing);
    int out_at = 0;
    for (std::size_t i = 0; i < slots; ++i) {
      const HostPiece& piece = pieces_[i];
      voices.push_back(piece.voice);
      progress.push_back(
          {.consumed = static_cast<std::int64_t>(piece.primer.size()), .left = piece.left, .out_at = out_at});
      out_at += piece.left;
      for (std::size_t n = 0; n < piece.primer.size(); ++n) window[i * w + n % w] = piece.primer[n];
    }
    notes_in_all_ = static_cast<std::size_t>(out_at);
    voices_ = uploaded(voices);
    progress_ = uploaded(progress);
    window_ = uploaded(window);
    readout_ = poisoned<float>(slots * static_cast<std::size_t>(host_.readout_size));
    view_ = {.voices = voices_.data(),
             .progress = progress_.data(),
             .window = window_.data(),
             .readout = readout_.data(),
             .rows = static_cast<int>(slots)};
    put_state();
    stream_.synchronize();
  }

  /// Carry mode: the state after the primer, from the reference; NaN where there is none, and in window mode.
  void put_state() {
    for (std::size_t l = 0; l < host_.layers.size(); ++l) {
      const auto hidden = static_cast<std::size_t>(host_.layers[l].hidden);
      std::vector<float> h(pieces_.size() * hidden, std::numeric_limits<float>::quiet_NaN()), c = h;
      for (std::size_t i = 0; i < pieces_.size(); ++i) {
        if (!host_.carry || pieces_[i].primer.empty()) continue;
        const ReferencePiece reference(host_, clusters_, pieces_[i]);
        for (std::size_t j = 0; j < hidden; ++j) {
          h[i * hidden + j] = static_cast<float>(reference.state().h[l][j]);
          c[i * hidden + j] = static_cast<float>(reference.state().c[l][j]);
        }
      }
      h_.push_back(uploaded(h));
      c_.push_back(uploaded(c));
      stream_.synchronize();
      view_.h[l] = h_.back().data();
      view_.c[l] = c_.back().data();
    }
  }

  void put_output() {
    const std::size_t n = notes_in_all_, v = static_cast<std::size_t>(host_.candidates);
    notes_ = poisoned<Played>(n);
    logits_ = poisoned<float>(n * v);
    scores_ = poisoned<float>(n * v);
    probabilities_ = poisoned<float>(n * v);
    u_ = poisoned<double>(n);
    predicted_ = poisoned<float>(2 * n);
    modulation_ = poisoned<double>(2 * n);
    output_ = {notes_.data(), logits_.data(),    scores_.data(),    probabilities_.data(),
               u_.data(),     predicted_.data(), modulation_.data()};
  }

  StreamRef stream_;
  HostNetwork host_;
  ClustersView clusters_;
  std::vector<HostPiece> pieces_;
  std::size_t notes_in_all_ = 0;
  NetworkView network_;
  PiecesView view_;
  OutputView output_;
  std::vector<DeviceBuffer<float>> weights_, h_, c_;
  DeviceBuffer<VoiceView> voices_;
  DeviceBuffer<Progress> progress_;
  DeviceBuffer<Played> window_, notes_;
  DeviceBuffer<float> readout_, logits_, scores_, probabilities_, predicted_;
  DeviceBuffer<double> u_, modulation_;
};

/// Runs a rung over the pieces until none has notes left; or, with `stretch` notes at a time.
inline Outcome run(PiecesCase& pieces, Rung& rung, int stretch = 1 << 20) {
  for (int left = pieces.most_left(); left > 0; left -= stretch) {
    rung.advance(pieces.pieces(), pieces.output(), std::min(left, stretch));
  }
  return pieces.outcome();
}

}  // namespace kernels::inline AFFETTO_PLATFORM
