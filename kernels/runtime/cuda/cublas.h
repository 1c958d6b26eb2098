// cuBLAS, opened when the first product is asked for: half a gigabyte of libraries that most runs never need.
#pragma once

#include <cublas_v2.h>

namespace kernels {

/// cublasGemmEx, which C++ callers know in two overloads, as the library exports it.
using CublasGemm = cublasStatus_t (*)(cublasHandle_t, cublasOperation_t, cublasOperation_t, int m, int n, int k,
                                      const void* alpha, const void* a, cudaDataType, int lda, const void* b,
                                      cudaDataType, int ldb, const void* beta, void* c, cudaDataType, int ldc,
                                      cublasComputeType_t, cublasGemmAlgo_t);

struct Cublas {
  decltype(&cublasCreate) create;
  decltype(&cublasDestroy) destroy;
  decltype(&cublasSetStream) set_stream;
  decltype(&cublasSetWorkspace) set_workspace;
  CublasGemm gemm;
  decltype(&cublasGetStatusName) name;
  decltype(&cublasGetStatusString) text;
};

/// Opens it once. @throws CudaError if the library is not there or lacks a function
const Cublas& cublas();

}  // namespace kernels
