#include <string>

#include "engine/generate/checks.h"
#include "engine/generate/cuda/make.h"
#include "engine/generate/cuda/network.h"

namespace engine::AFFETTO_PLATFORM {
namespace {

void require(kernels::Fusion fusion, const kernels::NetworkView& shapes, kernels::Precision precision) {
  const std::string why = kernels::why_not(fusion, shapes, precision);
  if (!why.empty()) throw UnservedRung(why);
}

}  // namespace

kernels::Fusion resolve_fusion(const Model& model, const CudaOptions& options) {
  const kernels::NetworkView shapes = shapes_of(model, plan_network(model, kReadoutAlign), options.state);
  if (options.precision == kernels::Precision::fp16) require_fp16_range(model);
  if (options.fusion) {
    require(*options.fusion, shapes, options.precision);
    return *options.fusion;
  }
  return kernels::suited_fusion(shapes, options.precision);
}

kernels::Fusion resolve_predictor_fusion(const Model& model, const CudaOptions& options) {
  CudaOptions wanted = options;
  if (!wanted.fusion) wanted.fusion = kernels::Fusion::cell;
  const kernels::Fusion fusion = resolve_fusion(model, wanted);
  if (fusion > kernels::Fusion::window) {
    throw UnservedRung(std::string("rung ") + kernels::name_of(fusion) +
                       " writes notes and shows no predictions; unfused, pointwise, cell and window do");
  }
  return fusion;
}

}  // namespace engine::AFFETTO_PLATFORM
