#include "kernels/runtime/product.h"

#include <source_location>
#include <string>

#include "kernels/runtime/cuda/cublas.h"
#include "kernels/runtime/error.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

constexpr std::size_t kWorkspaceBytes = std::size_t{32} << 20;  // what cuBLAS's manual recommends for Hopper

void check(cublasStatus_t status, const char* call,
           const std::source_location& place = std::source_location::current()) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  throw CudaError(call, std::string(place.file_name()) + ":" + std::to_string(place.line()), cublas().name(status),
                  cublas().text(status));
}

cublasHandle_t native(void* handle) { return static_cast<cublasHandle_t>(handle); }

void* new_handle(StreamRef stream, const DeviceBuffer<std::byte>& workspace) {
  cublasHandle_t handle = nullptr;
  check(cublas().create(&handle), "cublasCreate");
  Owned<destroy_products> owner(handle);
  check(cublas().set_stream(handle, static_cast<cudaStream_t>(stream.checked("Products"))), "cublasSetStream");
  check(cublas().set_workspace(handle, workspace.data(), workspace.size_bytes()), "cublasSetWorkspace");
  return owner.release();
}

struct Types {
  cudaDataType_t elements;
  cublasComputeType_t compute;
};

Types types_of(ProductType type) {
  switch (type) {
    case ProductType::kFloat:
      return {CUDA_R_32F, CUBLAS_COMPUTE_32F_PEDANTIC};
    case ProductType::kTf32:
      return {CUDA_R_32F, CUBLAS_COMPUTE_32F_FAST_TF32};
    case ProductType::kHalf:
      return {CUDA_R_16F, CUBLAS_COMPUTE_32F};
    case ProductType::kBfloat16:
      return {CUDA_R_16BF, CUBLAS_COMPUTE_32F};
  }
  return {CUDA_R_32F, CUBLAS_COMPUTE_32F_PEDANTIC};
}

}  // namespace

void destroy_products(void* handle) noexcept { static_cast<void>(cublas().destroy(native(handle))); }

Products::Products(StreamRef stream)
    : stream_(stream), workspace_(stream, kWorkspaceBytes), handle_(new_handle(stream, workspace_)) {}

void Products::run(const Product& product) {
  const Product p = checked(product);
  const auto [elements, compute] = types_of(p.type);
  const auto operation = [](bool transpose) { return transpose ? CUBLAS_OP_T : CUBLAS_OP_N; };
  // cuBLAS is column-major: a row-major matrix is its own transpose there, and C^T = B^T A^T.
  check(cublas().gemm(native(handle_.get()), operation(p.transpose_b), operation(p.transpose_a), p.n, p.m, p.k,
                      &p.alpha, p.b, elements, p.ldb, p.a, elements, p.lda, &p.beta, p.c, CUDA_R_32F, p.ldc, compute,
                      CUBLAS_GEMM_DEFAULT),
        "cublasGemmEx");
}

}  // namespace kernels::inline AFFETTO_PLATFORM
