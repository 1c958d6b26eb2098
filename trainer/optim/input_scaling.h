// Training in better coordinates. The seed's network reads pitch / 128 and raw seconds: a semitone moves its input by
// 0.008, so that telling neighbours apart needs weights of the order of 100, which Adam, moving each weight by at most
// the learning rate, takes tens of thousands of steps to reach. So the optimizer holds weights w', b' for inputs x' =
// (x - shift) * gain, and the network keeps reading x with
//     w = w' gain        b = b' - sum over inputs of w' gain shift        dL/dw' = gain (dL/dw - shift dL/db)
// The function computed is the same; only the steps differ. Standardising inputs: LeCun, Bottou, Orr & Mueller,
// "Efficient BackProp" (1998).
#pragma once

#include <array>
#include <span>
#include <vector>

#include "trainer/bptt/layout.h"
#include "trainer/data/corpus.h"

namespace trainer {

class InputScaling {
 public:
  /// Shift and gain of every scaled input that reads a field with gain > 0: mean and 1 / deviation over the notes of
  /// `corpus`, times the field's gain. Other inputs (and all, where every gain is 0) stay as they are.
  /// @param gains  by Field: pitch, step, duration
  /// @param cap_s  steps and durations are cut to it before they are counted; 0: not
  InputScaling(const engine::ModelSpec& spec, const ParameterLayout& layout, const Corpus& corpus,
               std::array<double, 3> gains, double cap_s);

  /// Copies the optimizer's weights into the network's.
  void to_network(std::span<const float> trained, std::span<float> network) const;
  /// Turns dL/dw into dL/dw', in place.
  void to_trained_gradient(std::span<float> gradient) const;

 private:
  struct Column {
    std::size_t index;
    double shift, gain;
  };
  std::vector<Column> columns_;
  Slot weight_, bias_ih_;
  std::size_t inputs_;
};

}  // namespace trainer
