// A model's weights in device memory.
#pragma once

#include <vector>

#include "engine/generate/network_plan.h"
#include "kernels/generate/network.h"
#include "kernels/runtime/buffer.h"

namespace engine {

/// The view of a model's shapes, without weights: what a rung is asked whether it serves.
/// @throws ModelError for more layers, inputs or dense layers than a view holds
kernels::NetworkView shapes_of(const Model& model, const NetworkPlan& plan, StateMode state);
kernels::ClustersView clusters_of(const Model& model);

/// Floats of a readout row that a layer begins at a multiple of: whole cache sectors.
inline constexpr int kReadoutAlign = 8;

namespace AFFETTO_PLATFORM {

class DeviceNetwork {
 public:
  /// Uploads, and waits until that is done. @throws ModelError, kernels::CudaError
  DeviceNetwork(const Model& model, StateMode state, kernels::StreamRef stream);
  const kernels::NetworkView& view() const { return view_; }

 private:
  const float* keep(const std::vector<float>& values, kernels::StreamRef stream);

  std::vector<kernels::DeviceBuffer<float>> buffers_;
  kernels::NetworkView view_;
};

}  // namespace AFFETTO_PLATFORM
}  // namespace engine
