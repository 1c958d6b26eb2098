// The loss of a batch of faces and its gradient in double: the definition that the stepper is tested against.
#pragma once

#include <vector>

#include "trainer/face/batch.h"
#include "trainer/face/layout.h"

namespace trainer {

/// @param parameters  by `layout`
double face_loss(const engine::FaceSpec& spec, const FaceLayout& layout, const std::vector<double>& parameters,
                 const FaceBatch& batch);
std::vector<double> face_gradient(const engine::FaceSpec& spec, const FaceLayout& layout,
                                  const std::vector<double>& parameters, const FaceBatch& batch);

}  // namespace trainer
