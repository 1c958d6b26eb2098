#include "trainer/face/network.h"

namespace trainer {

kernels::FaceTrainNetwork kernel_network(const engine::FaceSpec& spec, const FaceLayout& layout) {
  const auto at = [](const FaceSlot& slot) { return static_cast<std::int64_t>(slot.at); };
  kernels::FaceTrainNetwork network{.side = spec.side,
                                    .stages = {},
                                    .classes = static_cast<int>(spec.classes.size()),
                                    .epsilon = spec.epsilon,
                                    .head_weight = at(layout.head_weight),
                                    .head_bias = at(layout.head_bias),
                                    .size = static_cast<std::int64_t>(layout.size)};
  for (std::size_t i = 0; i < layout.stages.size(); ++i) {
    const FaceLayout::Stage& s = layout.stages[i];
    network.stages.push_back({.in = static_cast<int>(s.in),
                              .out = static_cast<int>(s.out),
                              .pool = spec.stages[i].pool,
                              .conv = at(s.conv),
                              .gamma = at(s.gamma),
                              .beta = at(s.beta)});
  }
  return network;
}

}  // namespace trainer
