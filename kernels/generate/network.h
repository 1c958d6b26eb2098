// A network as the kernels of the ladder read it: views of device memory, small enough to be a kernel's parameter.
// Matrices are row-major as PyTorch keeps them, gate blocks in the order i f g o, all in fp32.
#pragma once

namespace kernels {

inline constexpr int kMaxInputs = 4, kMaxLayers = 4, kMaxReadout = 10;

enum class NoteField : int { pitch, step, duration };

/// How one input of the note reaches the first layer's gates: gates += scale * value * rows[0], or += rows[value] where
/// the field chooses the row (an embedding or one-hot input, folded into the gates).
struct InputView {
  const float* rows = nullptr;  ///< [classes, 4H]
  int classes = 1;
  NoteField field = NoteField::pitch;
  bool table = false;
  float scale = 1;
};

struct LayerView {
  const float* w_ih = nullptr;  ///< [4H, below]; null for the first layer, whose input comes by InputView
  const float* w_hh = nullptr;  ///< [4H, H]
  const float* bias = nullptr;  ///< [4H] both of PyTorch's in one
  int below = 0, hidden = 0;
};

enum class HeadCurve : int { linear, relu, tanh };

/// One dense layer of the readout: y = curve(W x + b), from one place of a piece's readout row to another.
struct DenseView {
  static constexpr int kFromState = -1;  ///< reads the last LSTM layer's output instead
  const float* weight = nullptr;         ///< [size, terms]
  const float* bias = nullptr;           ///< [size]
  int terms = 0, size = 0;
  HeadCurve curve = HeadCurve::linear;
  int from = kFromState, to = 0;  ///< floats within the readout row
};

struct NetworkView {
  InputView inputs[kMaxInputs];
  LayerView layers[kMaxLayers];
  DenseView readout[kMaxReadout];  ///< in the order in which they can be computed
  int input_count = 0, layer_count = 0, readout_count = 0;
  int readout_size = 0;                             ///< floats of a piece's readout row
  int candidates = 0;                               ///< V
  int logits_at = 0, step_at = 0, duration_at = 0;  ///< within the readout row
  int window = 0;                                   ///< W
  bool carry = false;                               ///< state mode: carry on, or replay the last W notes for each note
};

/// The two clusters and their scale, in the order of the nine features (semantics.md); index 0 is sad, 1 is happy.
struct ClustersView {
  bool present = false;
  float centre[2][9] = {};  ///< in scaled space
  float mean[9] = {};
  float inverse[9] = {};  ///< 1 / deviation
};

}  // namespace kernels
