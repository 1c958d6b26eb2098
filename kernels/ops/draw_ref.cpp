#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <vector>

#include "kernels/math/philox.h"
#include "kernels/ops/draw.h"

namespace kernels {
namespace {

double uniform_of(const VoiceView& voice, std::uint32_t note, Purpose purpose) {
  return ((random_words(voice.seed, voice.index, note, purpose).w[0] >> 8) + 0.5) / 16777216.0;
}

}  // namespace

void cut_tail_ref(const CutTail& op) {
  const auto candidates = static_cast<std::size_t>(op.candidates);
  for (std::size_t r = 0; r < static_cast<std::size_t>(op.rows); ++r) {
    const float* p = op.probabilities + r * candidates;
    std::vector<std::size_t> order(candidates);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] > p[b]; });
    double before = 0;
    for (std::size_t rank = 0; rank < candidates; ++rank) {
      const std::size_t v = order[rank];
      const bool within_k = op.voices[r].top_k <= 0 || rank < static_cast<std::size_t>(op.voices[r].top_k);
      const bool within_p = op.voices[r].top_p >= 1 || before < op.voices[r].top_p;
      op.kept[r * candidates + v] = within_k && within_p ? p[v] : 0;
      before += p[v];
    }
  }
}

void merit_ref(const Merit& op) {
  for (std::ptrdiff_t n = 0; n < std::ptrdiff_t{op.pieces.rows} * op.candidates; ++n) {
    const std::ptrdiff_t row = n / op.candidates;
    const VoiceView& voice = op.pieces.voices[row];
    double merit = op.blended[n];
    if (voice.gumbel != 0 && voice.greedy == 0) {
      const std::uint32_t at = op.pieces.progress[row].written * static_cast<std::uint32_t>(op.candidates) +
                               static_cast<std::uint32_t>(n % op.candidates);
      merit = op.kept[n] > 0 ? merit - std::log(-std::log(uniform_of(voice, at, Purpose::kGumbel)))
                             : -std::numeric_limits<double>::infinity();
    }
    op.merit[n] = static_cast<float>(merit);
  }
}

void draw_pitch_ref(const DrawPitch& op) {
  for (std::ptrdiff_t r = 0; r < op.pieces.rows; ++r) {
    const VoiceView& voice = op.pieces.voices[r];
    if (op.pieces.progress[r].left <= 0) continue;
    op.u[r] = std::numeric_limits<double>::quiet_NaN();
    op.pitch[r] = op.best[r];
    if (voice.greedy != 0 || voice.gumbel != 0) continue;
    const float* kept = op.kept + r * op.candidates;
    op.u[r] = uniform_of(voice, op.pieces.progress[r].written, Purpose::kPitch);
    const double target = op.u[r] * std::accumulate(kept, kept + op.candidates, 0.0);
    double sum = 0;
    for (int v = 0; v < op.candidates; ++v) {
      if (kept[v] <= 0) continue;
      op.pitch[r] = v;
      sum += kept[v];
      if (sum > target) break;
    }
  }
}

}  // namespace kernels
