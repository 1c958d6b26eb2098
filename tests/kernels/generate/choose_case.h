// Slots about to choose a note, on the host and on the device: readout rows and windows by counter, outputs poisoned.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <ostream>
#include <vector>

#include "kernels/generate/choose.h"
#include "kernels/math/philox.h"
#include "kernels/runtime/buffer.h"

namespace kernels::inline AFFETTO_PLATFORM {

struct ChooseCase {
  const char* name = "";
  int candidates = 12, window = 4;
  std::int64_t consumed = 9;
  VoiceView voice = {.alpha = 0.5f, .beta = 1.0f, .label = 1};
  bool equal_notes = false;  ///< every note of the window and the predictions alike
  float spread = 2;          ///< deviation of the logits
  friend void PrintTo(const ChooseCase& c, std::ostream* out) { *out << c.name; }
};

inline double normal(std::uint64_t seed, std::uint64_t at) {
  const Words4 words = random_words(seed, at, 0, Purpose::kWeights);
  return gaussian(words.w[0], words.w[1]);
}

/// Centres a few notes' worth apart, on the scale of the case's pitches.
inline ClustersView clusters_for(int candidates) {
  const float v = static_cast<float>(candidates);
  ClustersView clusters{.present = true};
  const float sad[9] = {0.6f, 1.5f, 0.4f, 0.6f, 1.5f, 0.4f, -0.5f, -0.2f, -0.3f};
  const float happy[9] = {0.2f, 0.5f, 0.1f, 0.2f, 0.5f, 0.1f, 0.5f, 0.4f, 0.5f};
  for (int f = 0; f < 9; ++f) {
    clusters.centre[0][f] = sad[f];
    clusters.centre[1][f] = happy[f];
    clusters.mean[f] = f < 6 ? 0.4f : v * 0.5f;
    clusters.inverse[f] = f < 6 ? 2.0f : 4 / v;
  }
  return clusters;
}

/// Everything choosing touches, in host memory. Slot i has its own voice's index, window and readout; slot 1 is done.
struct Slots {
  static constexpr int kStepAt = 1, kLogitsAt = 3;  // with gaps, so that offsets matter

  Slots(const ChooseCase& c, int rows_, std::uint64_t seed = 1) : rows(rows_) {
    const auto v = static_cast<std::size_t>(c.candidates), w = static_cast<std::size_t>(c.window);
    const auto n = static_cast<std::size_t>(rows);
    network.candidates = c.candidates;
    network.window = c.window;
    network.logits_at = kLogitsAt;
    network.step_at = kStepAt;
    network.duration_at = kLogitsAt + c.candidates + 1;
    network.readout_size = c.candidates + 6;
    clusters = clusters_for(c.candidates);
    const float nan = std::numeric_limits<float>::quiet_NaN();
    voices.assign(n, c.voice);
    progress.resize(n);
    window.assign(n * w, {nan, nan, -1});
    readout.assign(n * static_cast<std::size_t>(network.readout_size), nan);
    pitch.assign(n, -1);
    for (std::size_t i = 0; i < n; ++i) fill(c, i, seed);
    notes.assign(n, {nan, nan, -1});
    logits.assign(n * v, nan);
    scores = probabilities = logits;
    u.assign(n, 7);
    predicted.assign(2 * n, nan);
    modulation.assign(2 * n, 7);
  }

  void fill(const ChooseCase& c, std::size_t i, std::uint64_t seed) {
    const int v = c.candidates;
    voices[i].seed = seed;
    voices[i].index = 1000 + i;
    // where the next note goes is not where the slot is
    progress[i] = {c.consumed, static_cast<std::uint32_t>(3 + i), i == 1 ? 0 : 2, rows - 1 - static_cast<int>(i), 1, 0};
    float* row = &readout[i * static_cast<std::size_t>(network.readout_size)];
    for (int j = 0; j < v; ++j) row[kLogitsAt + j] = c.spread * static_cast<float>(normal(seed, i * 10000 + j));
    row[network.step_at] = c.equal_notes ? 0.1f : static_cast<float>(0.3 + 0.4 * normal(seed + 1, i));
    row[network.duration_at] = c.equal_notes ? 0.7f : static_cast<float>(0.5 + 0.4 * normal(seed + 2, i));
    const int notes_there = static_cast<int>(std::min<std::int64_t>(c.consumed, c.window));
    for (int k = 0; k < notes_there; ++k) {
      const Words4 words = random_words(seed, i, static_cast<std::uint32_t>(k), Purpose::kShuffle);
      window[i * static_cast<std::size_t>(c.window) + static_cast<std::size_t>(k)] =
          c.equal_notes ? Played{0.1f, 0.7f, v / 3}
                        : Played{static_cast<float>(uniform(words.w[0])), static_cast<float>(uniform(words.w[1])),
                                 static_cast<std::int32_t>(words.w[2] % static_cast<unsigned>(v))};
    }
  }

  ChooseOp op() {
    return {network,
            clusters,
            {.voices = voices.data(),
             .progress = progress.data(),
             .window = window.data(),
             .readout = readout.data(),
             .rows = rows},
            {notes.data(), logits.data(), scores.data(), probabilities.data(), u.data(), predicted.data(),
             modulation.data()},
            pitch.data()};
  }

  int rows;
  NetworkView network;
  ClustersView clusters;
  std::vector<VoiceView> voices;
  std::vector<Progress> progress;
  std::vector<Played> window, notes;
  std::vector<float> readout, logits, scores, probabilities, predicted;
  std::vector<int> pitch;
  std::vector<double> u, modulation;
};

/// The same on the device; read() brings everything back.
class DeviceSlots {
 public:
  DeviceSlots(const Slots& host, StreamRef stream)
      : host_(host),
        voices_(up(host_.voices, stream)),
        progress_(up(host_.progress, stream)),
        window_(up(host_.window, stream)),
        notes_(up(host_.notes, stream)),
        readout_(up(host_.readout, stream)),
        logits_(up(host_.logits, stream)),
        scores_(up(host_.scores, stream)),
        probabilities_(up(host_.probabilities, stream)),
        predicted_(up(host_.predicted, stream)),
        pitch_(up(host_.pitch, stream)),
        u_(up(host_.u, stream)),
        modulation_(up(host_.modulation, stream)) {}

  ChooseOp op() const {
    return {host_.network,
            host_.clusters,
            {.voices = voices_.data(),
             .progress = progress_.data(),
             .window = window_.data(),
             .readout = readout_.data(),
             .rows = host_.rows},
            {notes_.data(), logits_.data(), scores_.data(), probabilities_.data(), u_.data(), predicted_.data(),
             modulation_.data()},
            pitch_.data()};
  }

  Slots read() const {
    Slots host = host_;
    host.progress = progress_.to_host();
    host.window = window_.to_host();
    host.notes = notes_.to_host();
    host.logits = logits_.to_host();
    host.scores = scores_.to_host();
    host.probabilities = probabilities_.to_host();
    host.predicted = predicted_.to_host();
    host.pitch = pitch_.to_host();
    host.u = u_.to_host();
    host.modulation = modulation_.to_host();
    return host;
  }

 private:
  template <typename T>
  static DeviceBuffer<T> up(const std::vector<T>& values, StreamRef stream) {
    DeviceBuffer<T> buffer(stream, values.size());
    buffer.upload(values);
    return buffer;
  }

  Slots host_;
  DeviceBuffer<VoiceView> voices_;
  DeviceBuffer<Progress> progress_;
  DeviceBuffer<Played> window_, notes_;
  DeviceBuffer<float> readout_, logits_, scores_, probabilities_, predicted_;
  DeviceBuffer<int> pitch_;
  DeviceBuffer<double> u_, modulation_;
};

}  // namespace kernels::inline AFFETTO_PLATFORM
