// The rungs of the face network, one .cu each; the weights have been checked.
#pragma once

#include <memory>

#include "kernels/conv/face_rung.h"

namespace kernels::inline AFFETTO_PLATFORM {

std::unique_ptr<FaceRung> make_unfused_face_rung(const FaceWeights& weights, int slots, StreamRef stream);
std::unique_ptr<FaceRung> make_stage_face_rung(const FaceWeights& weights, int slots, StreamRef stream);
std::unique_ptr<FaceRung> make_tensor_face_rung(const FaceWeights& weights, int slots, StreamRef stream);

std::string why_not_whole_face_rung(const FaceWeights& weights);
std::unique_ptr<FaceRung> make_whole_face_rung(const FaceWeights& weights, int slots, StreamRef stream);

}  // namespace kernels::inline AFFETTO_PLATFORM
