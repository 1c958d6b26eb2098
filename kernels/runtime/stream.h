// A view of a stream that somebody else owns; readable without a CUDA header.
#pragma once

namespace kernels {

struct StreamRef {
  void* handle = nullptr;  ///< cudaStream_t; null is the legacy default stream
};

}  // namespace kernels
