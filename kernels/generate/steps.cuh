// What a piece does in a step of the network, and how a note enters the first layer's gates.
#pragma once

#include <cstdint>

#include "kernels/device/words.cuh"
#include "kernels/generate/steps.h"

namespace kernels::inline AFFETTO_PLATFORM {

struct RowStep {
  int note_at = -1;        ///< place in the ring of the note to read; -1: the piece takes no part
  bool from_zero = false;  ///< its state before this step is zero, whatever h and c hold
};

/// Step `number` of a piece: a replay reads notes consumed - W .. consumed - 1 as far as they exist.
__device__ inline RowStep row_step(const Progress& progress, int window, int number) {
  const bool feeding = number == kFeedStep;
  const std::int64_t note = feeding ? progress.consumed - 1 : progress.consumed - window + number;
  if (note < 0 || (feeding ? progress.fresh == 0 : progress.left <= 0)) return {};
  return {static_cast<int>(note % window), note == 0 || number == 0};
}

__device__ inline float field_of(const Played& note, NoteField field) {
  return field == NoteField::pitch  ? static_cast<float>(note.pitch)
         : field == NoteField::step ? note.step
                                    : note.duration;
}

/// What the note adds to gate `column` (of 4H) of the first layer.
__device__ inline float input_gate(const NetworkView& network, const Played& note, int column) {
  const int columns = 4 * network.layers[0].hidden;
  float sum = 0;
  for (int i = 0; i < network.input_count; ++i) {
    const InputView& input = network.inputs[i];
    const float value = field_of(note, input.field);
    if (input.table) {
      const int row = max(0, min(static_cast<int>(value), input.classes - 1));
      sum += input.rows[static_cast<std::int64_t>(row) * columns + column];
    } else {
      sum += input.scale * value * input.rows[column];
    }
  }
  return sum;
}

/// NaN stays NaN under every curve.
__device__ inline float curved(float x, HeadCurve curve) {
  if (curve == HeadCurve::tanh) return tanhf(x);
  return curve == HeadCurve::relu && x < 0 ? 0 : x;
}

}  // namespace kernels::inline AFFETTO_PLATFORM
