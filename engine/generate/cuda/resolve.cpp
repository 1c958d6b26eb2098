#include "engine/generate/cuda/make.h"
#include "engine/generate/cuda/network.h"

namespace engine::AFFETTO_PLATFORM {

kernels::Fusion resolve_fusion(const Model& model, const CudaOptions& options) {
  const kernels::NetworkView shapes = shapes_of(model, plan_network(model, kReadoutAlign), options.state);
  if (options.fusion) {
    const std::string why = kernels::why_not(*options.fusion, shapes);
    if (!why.empty()) throw UnservedRung(why);
    return *options.fusion;
  }
  for (const kernels::Fusion fusion : {kernels::Fusion::loop, kernels::Fusion::note, kernels::Fusion::window}) {
    if (kernels::why_not(fusion, shapes).empty()) return fusion;
  }
  return kernels::Fusion::cell;
}

}  // namespace engine::AFFETTO_PLATFORM
