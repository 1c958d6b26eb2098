// The operations of unfused that know pieces.
#include <cmath>

#include "kernels/device/warp.cuh"
#include "kernels/generate/progress.cuh"
#include "kernels/generate/steps.cuh"
#include "kernels/generate/unfused.h"
#include "kernels/math/modulation.h"
#include "kernels/math/philox.h"
#include "kernels/ops/elements.cuh"
#include "kernels/ops/emotion.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

constexpr unsigned kAll = 0xffffffffu;

// One thread owns one piece.
__global__ void __launch_bounds__(kElementThreads) mark_step_kernel(const __grid_constant__ MarkStep op) {
  const std::int64_t row = element();
  if (row < op.pieces.rows) op.part[row] = row_step(op.pieces.progress[row], op.window, op.number).note_at >= 0;
}

__global__ void __launch_bounds__(kElementThreads) mark_left_kernel(const __grid_constant__ MarkLeft op) {
  const std::int64_t row = element();
  if (row < op.pieces.rows) op.part[row] = op.pieces.progress[row].left > 0;
}

// One thread owns one gate of one piece.
__global__ void __launch_bounds__(kElementThreads) input_rows_kernel(const __grid_constant__ InputRows op) {
  const int columns = 4 * op.network.layers[0].hidden;
  const std::int64_t n = element(), row = n / columns;
  if (row >= op.pieces.rows) return;
  const RowStep step = row_step(op.pieces.progress[row], op.network.window, op.number);
  if (step.note_at < 0) return;
  const Played& note = op.pieces.window[row * op.network.window + step.note_at];
  op.gates[n] = input_gate(op.network, note, static_cast<int>(n % columns));
}

// A warp owns a piece.
__global__ void __launch_bounds__(32 * kRowWarps) check_readout_kernel(const __grid_constant__ CheckReadout op) {
  const int row = warp_row(), lane = static_cast<int>(threadIdx.x % 32);
  if (row >= op.pieces.rows) return;
  Progress& progress = op.pieces.progress[row];
  if (progress.left <= 0) return;
  const float* readout = op.pieces.readout + std::int64_t{row} * op.network.readout_size;
  bool finite = true;
  for (int v = lane; v < op.network.candidates; v += 32)
    finite = finite && std::isfinite(readout[op.network.logits_at + v]);
  finite = __all_sync(kAll, finite) != 0 && std::isfinite(op.highest[row]);
  __syncwarp();  // every lane has read the progress
  if (lane != 0) return;
  const bool timed = std::isfinite(readout[op.network.step_at]) && std::isfinite(readout[op.network.duration_at]);
  if (finite && timed) return;
  stop_at(progress, timed ? 1 : 2);
}

// One thread owns one piece.
__global__ void __launch_bounds__(kElementThreads) draw_modulation_kernel(const __grid_constant__ DrawModulation op) {
  const std::int64_t row = element();
  if (row >= op.pieces.rows) return;
  const VoiceView& voice = op.pieces.voices[row];
  const std::uint32_t note = op.pieces.progress[row].written;
  const bool draw = voice.note_draw != 0;
  const auto drawn = [&](Purpose purpose, double sigma) {
    return drawn_gamma(voice.seed, voice.index, note, purpose, sigma, voice.folded != 0);
  };
  op.modulation[2 * row] = draw ? drawn(Purpose::kModulationStep, voice.sigma_step) : voice.gamma;
  op.modulation[2 * row + 1] = draw ? drawn(Purpose::kModulationDuration, voice.sigma_duration) : voice.delta;
}

__global__ void __launch_bounds__(kElementThreads) play_note_kernel(const __grid_constant__ PlayNote op) {
  const std::int64_t row = element();
  if (row >= op.pieces.rows) return;
  const int pace = op.pieces.voices[row].pace;
  op.played[row] = {static_cast<float>(modulated(op.predicted[2 * row], pace, op.modulation[2 * row])),
                    static_cast<float>(modulated(op.predicted[2 * row + 1], pace, op.modulation[2 * row + 1])),
                    op.pitch[row]};
}

// One thread owns one number of one piece.
template <class T>
__global__ void __launch_bounds__(kElementThreads) record_rows_kernel(const __grid_constant__ RecordRows<T> op) {
  const std::int64_t n = element(), row = n / op.columns, column = n % op.columns;
  if (row >= op.pieces.rows || op.pieces.progress[row].left <= 0) return;
  if (op.scores && !scored(op.pieces.voices[row], true)) return;
  op.to[std::int64_t{op.pieces.progress[row].out_at} * op.columns + column] = op.from[row * op.from_stride + column];
}

// One thread owns one piece.
__global__ void __launch_bounds__(kElementThreads) write_note_kernel(const __grid_constant__ WriteNote op) {
  const std::int64_t row = element();
  if (row >= op.pieces.rows) return;
  Progress& progress = op.pieces.progress[row];
  if (progress.left <= 0) {
    progress.fresh = 0;
    return;
  }
  op.pieces.window[row * op.window + progress.consumed % op.window] = op.played[row];
  op.notes[progress.out_at] = op.played[row];
  go_on(progress);
}

template <class T>
void record(const RecordRows<T>& op, StreamRef stream) {
  launch_elements("record_rows", record_rows_kernel<T>, std::int64_t{op.pieces.rows} * op.columns, stream, op);
}

}  // namespace

void mark_step(const MarkStep& op, StreamRef stream) {
  launch_elements("mark_step", mark_step_kernel, op.pieces.rows, stream, op);
}
void input_rows(const InputRows& op, StreamRef stream) {
  const std::int64_t count = std::int64_t{op.pieces.rows} * 4 * op.network.layers[0].hidden;
  launch_elements("input_rows", input_rows_kernel, count, stream, op);
}
void mark_left(const MarkLeft& op, StreamRef stream) {
  launch_elements("mark_left", mark_left_kernel, op.pieces.rows, stream, op);
}
void check_readout(const CheckReadout& op, StreamRef stream) {
  launch_rows("check_readout", check_readout_kernel, op.pieces.rows, stream, op);
}
void draw_modulation(const DrawModulation& op, StreamRef stream) {
  launch_elements("draw_modulation", draw_modulation_kernel, op.pieces.rows, stream, op);
}
void play_note(const PlayNote& op, StreamRef stream) {
  launch_elements("play_note", play_note_kernel, op.pieces.rows, stream, op);
}
void record_rows(const RecordRows<float>& op, StreamRef stream) { record(op, stream); }
void record_rows(const RecordRows<double>& op, StreamRef stream) { record(op, stream); }
void write_note(const WriteNote& op, StreamRef stream) {
  launch_elements("write_note", write_note_kernel, op.pieces.rows, stream, op);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
