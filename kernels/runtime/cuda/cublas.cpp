#include "kernels/runtime/cuda/cublas.h"

#include <dlfcn.h>

#include <string>

#include "kernels/runtime/error.h"

namespace kernels {
namespace {

#define AFFETTO_TEXT_OF(x) #x
#define AFFETTO_TEXT(x) AFFETTO_TEXT_OF(x)
// The names that cublas_v2.h's macros stand for, so that types and symbols cannot differ.
#define AFFETTO_SYMBOL(function) symbol<decltype(&function)>(library, AFFETTO_TEXT(function))

constexpr const char* kLibrary = "libcublas.so." AFFETTO_TEXT(CUBLAS_VER_MAJOR);

[[noreturn]] void fail(const char* call) {
  const char* why = dlerror();
  throw CudaError(call, "", kLibrary,
                  std::string(why == nullptr ? "not found" : why) +
                      "; install cuBLAS with the CUDA toolkit, or take a rung from cell on");
}

void* open_library() {
  for (const std::string& path : {std::string(kLibrary), std::string(AFFETTO_CUDA_LIBRARIES "/") + kLibrary}) {
    if (void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
  }
  fail("dlopen");
}

template <typename Function>
Function symbol(void* library, const char* name) {
  void* found = dlsym(library, name);
  if (found == nullptr) fail("dlsym");
  return reinterpret_cast<Function>(found);
}

Cublas open_cublas() {
  void* library = open_library();  // stays open: handles may live until the program ends
  return {.create = AFFETTO_SYMBOL(cublasCreate),
          .destroy = AFFETTO_SYMBOL(cublasDestroy),
          .set_stream = AFFETTO_SYMBOL(cublasSetStream),
          .set_workspace = AFFETTO_SYMBOL(cublasSetWorkspace),
          .gemm = symbol<CublasGemm>(library, "cublasGemmEx"),
          .name = AFFETTO_SYMBOL(cublasGetStatusName),
          .text = AFFETTO_SYMBOL(cublasGetStatusString)};
}

}  // namespace

const Cublas& cublas() {
  static const Cublas functions = open_cublas();
  return functions;
}

}  // namespace kernels
