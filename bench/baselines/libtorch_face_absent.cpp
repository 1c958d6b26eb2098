#include <stdexcept>

#include "bench/baselines/libtorch_face.h"
#include "bench/baselines/libtorch_face_device.h"
#include "bench/baselines/libtorch_face_device_training.h"

namespace bench::libtorch {

std::unique_ptr<FaceReader> make_face_reader(const engine::FaceModel&) {
  throw std::logic_error("built without LibTorch");
}
std::unique_ptr<FaceTrainer> make_face_trainer(const engine::FaceModel&, bool) {
  throw std::logic_error("built without LibTorch");
}

std::unique_ptr<DeviceFaceReader> make_device_face_reader(const engine::FaceModel&, FaceVariant, std::span<const float>,
                                                          Place) {
  throw std::logic_error("built without LibTorch");
}

std::unique_ptr<DeviceFaceTrainer> make_device_face_trainer(const engine::FaceModel&, FaceTrainVariant,
                                                            const FaceTrainRates&,
                                                            const std::vector<trainer::FaceBatch>&, Place) {
  throw std::logic_error("built without LibTorch");
}

}  // namespace bench::libtorch
