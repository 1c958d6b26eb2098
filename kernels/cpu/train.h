// The pointwise passes of training on the CPU, one body per instruction set: LSTM cell forward and backward,
// activations, softmax cross-entropy, Adam. Row-major fp32; formulas: trainer/bptt/reference.h, where they are defined
// in double.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kernels {

/// One time step of one layer for `rows` sequences of `hidden` units.
struct TrainCell {
  std::size_t rows = 0, hidden = 0;
  float* gates = nullptr;         ///< [rows, 4H] i f g o. Forward: preactivations in, activations out. Backward:
                                  ///< activations in, gradients of the preactivations out
  const float* c_prev = nullptr;  ///< [rows, H]
  float* c = nullptr;             ///< [rows, H]; written by forward
  float* h = nullptr;             ///< forward: [rows, H] out, rows h_ld apart
  std::size_t h_ld = 0;
  const float* dh = nullptr;  ///< backward: [rows, H] dL/dh, from above and from the next step
  float* dc = nullptr;        ///< backward: [rows, H] dL/dc from the next step in, for the step before out
};
void train_cell_forward(const TrainCell& op);
void train_cell_backward(const TrainCell& op);

/// y = max(y, 0) or tanh(y), in place, `count` values; and dy *= its derivative, from the output y.
void relu_forward(float* y, std::size_t count);
void relu_backward(const float* y, float* dy, std::size_t count);
void tanh_forward(float* y, std::size_t count);
void tanh_backward(const float* y, float* dy, std::size_t count);

/// Cross-entropy of one row of logits after the softmax.
struct CrossEntropyRow {
  float* logits = nullptr;  ///< [classes] in; gradient (softmax - onehot) * scale out, unless scale is 0: then kept
  std::size_t classes = 0, target = 0;
  float scale = 0;
};
struct CrossEntropyResult {
  float loss;    ///< nats, not scaled
  bool correct;  ///< no other logit is greater than the target's, no earlier one equal
};
CrossEntropyResult cross_entropy(const CrossEntropyRow& row);

/// Adam as PyTorch writes it (Kingma & Ba 2015): g = gradient_scale * gradient + decay * w;
/// m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;  w -= step_size * m / (sqrt(v) / correction2 + eps).
struct AdamStep {
  float* w = nullptr;
  float* m = nullptr;
  float* v = nullptr;
  const float* gradient = nullptr;
  std::size_t count = 0;
  float gradient_scale = 1;  ///< of clipping
  float weight_decay = 0, beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f;
  float one_minus_beta1 = 0.1f, one_minus_beta2 = 0.001f;  ///< rounded once, from double
  float step_size = 0;                                     ///< rate / (1 - beta1^t)
  float correction2 = 1;                                   ///< sqrt(1 - beta2^t)
};
void adam_step(const AdamStep& op);

}  // namespace kernels
