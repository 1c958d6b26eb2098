// A face network as the kernels train it.
#pragma once

#include "kernels/conv/train/network.h"
#include "trainer/face/layout.h"

namespace trainer {

kernels::FaceTrainNetwork kernel_network(const engine::FaceSpec& spec, const FaceLayout& layout);

}  // namespace trainer
