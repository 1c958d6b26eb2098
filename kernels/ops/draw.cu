#include <cmath>

#include "kernels/device/warp.cuh"
#include "kernels/math/philox.h"
#include "kernels/ops/draw.h"
#include "kernels/ops/elements.cuh"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

constexpr unsigned kAll = 0xffffffffu;

// One thread owns one candidate, and counts those that come before it.
__global__ void __launch_bounds__(kElementThreads) cut_tail_kernel(const __grid_constant__ CutTail op) {
  const std::int64_t n = element(), row = n / op.candidates;
  if (row >= op.rows) return;
  const VoiceView& voice = op.voices[row];
  const float* p = op.probabilities + row * op.candidates;
  const int mine = static_cast<int>(n % op.candidates);
  int rank = 0;
  double before = 0;
  if (voice.top_k > 0 || voice.top_p < 1) {
    for (int v = 0; v < op.candidates; ++v) {
      if (p[v] > p[mine] || (p[v] == p[mine] && v < mine)) ++rank, before += p[v];
    }
  }
  const bool kept = (voice.top_k <= 0 || rank < voice.top_k) && (voice.top_p >= 1 || before < double{voice.top_p});
  op.kept[n] = kept ? p[mine] : 0;
}

// One thread owns one candidate.
__global__ void __launch_bounds__(kElementThreads) merit_kernel(const __grid_constant__ Merit op) {
  const std::int64_t n = element(), row = n / op.candidates;
  if (row >= op.pieces.rows) return;
  const VoiceView& voice = op.pieces.voices[row];
  if (voice.gumbel == 0 || voice.greedy != 0) {
    op.merit[n] = op.blended[n];
    return;
  }
  const std::uint32_t at = op.pieces.progress[row].written * static_cast<std::uint32_t>(op.candidates) +
                           static_cast<std::uint32_t>(n % op.candidates);
  const double noise = -log(-log(uniform(random_words(voice.seed, voice.index, at, Purpose::kGumbel).w[0])));
  op.merit[n] = op.kept[n] > 0 ? static_cast<float>(op.blended[n] + noise) : -INFINITY;
}

/// Sum of the lanes up to this one.
__device__ double running_sum(double value, int lane) {
  for (unsigned far = 1; far < 32; far *= 2) {
    const double other = __shfl_up_sync(kAll, value, far);
    if (lane >= static_cast<int>(far)) value += other;
  }
  return value;
}

/// The first candidate whose running sum exceeds `target`; the last one above 0 if rounding leaves none.
__device__ int first_beyond(const float* kept, int candidates, double target, int lane) {
  double before = 0;
  int last = 0;
  for (int first = 0; first < candidates; first += 32) {
    const float mine = first + lane < candidates ? kept[first + lane] : 0;
    const double sum = before + running_sum(mine, lane);
    const unsigned some = __ballot_sync(kAll, mine > 0), beyond = __ballot_sync(kAll, mine > 0 && sum > target);
    if (beyond != 0) return first + __ffs(static_cast<int>(beyond)) - 1;
    if (some != 0) last = first + 31 - __clz(static_cast<int>(some));
    before = __shfl_sync(kAll, sum, 31);
  }
  return last;
}

// A warp owns a piece, 32 candidates at a time.
__global__ void __launch_bounds__(32 * kRowWarps) draw_pitch_kernel(const __grid_constant__ DrawPitch op) {
  const int row = warp_row(), lane = static_cast<int>(threadIdx.x % 32);
  if (row >= op.pieces.rows || op.pieces.progress[row].left <= 0) return;
  const VoiceView& voice = op.pieces.voices[row];
  double u = NAN;
  int pitch = op.best[row];
  if (voice.greedy == 0 && voice.gumbel == 0) {
    const float* kept = op.kept + std::int64_t{row} * op.candidates;
    u = uniform(random_words(voice.seed, voice.index, op.pieces.progress[row].written, Purpose::kPitch).w[0]);
    double total = 0;
    for (int first = 0; first < op.candidates; first += 32) {
      const float mine = first + lane < op.candidates ? kept[first + lane] : 0;
      total += __shfl_sync(kAll, running_sum(mine, lane), 31);
    }
    pitch = first_beyond(kept, op.candidates, u * total, lane);
  }
  if (lane != 0) return;
  op.pitch[row] = pitch;
  op.u[row] = u;
}

}  // namespace

void cut_tail(const CutTail& op, StreamRef stream) {
  launch_elements("cut_tail", cut_tail_kernel, std::int64_t{op.rows} * op.candidates, stream, op);
}
void merit(const Merit& op, StreamRef stream) {
  launch_elements("merit", merit_kernel, std::int64_t{op.pieces.rows} * op.candidates, stream, op);
}
void draw_pitch(const DrawPitch& op, StreamRef stream) {
  launch_rows("draw_pitch", draw_pitch_kernel, op.pieces.rows, stream, op);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
