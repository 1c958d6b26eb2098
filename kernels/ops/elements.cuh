// Kernels of which each thread owns one element, or each warp one row.
#pragma once

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "kernels/device/launch.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

inline constexpr int kElementThreads = 256;  ///< of a block; a common middle, to be chosen by a benchmark
inline constexpr int kRowWarps = 4;          ///< rows of a block where a warp owns one

/// The thread's number in the grid.
__device__ inline std::int64_t element() { return std::int64_t{blockIdx.x} * kElementThreads + threadIdx.x; }
/// The warp's number in the grid.
__device__ inline int warp_row() { return static_cast<int>(blockIdx.x * kRowWarps + threadIdx.x / 32); }

/// @throws std::invalid_argument for no elements or too many, naming the operation
inline unsigned blocks_for(const char* name, std::int64_t count, int each) {
  const std::int64_t blocks = (count + each - 1) / each;
  if (count < 1 || blocks > std::numeric_limits<int>::max()) {
    throw std::invalid_argument(std::string(name) + ": " + std::to_string(count) +
                                " elements; at least 1, and no more than a grid holds");
  }
  return static_cast<unsigned>(blocks);
}

template <class Op>
void launch_elements(const char* name, void (*kernel)(Op), std::int64_t count, StreamRef stream,
                     const std::type_identity_t<Op>& op) {
  launch(name, kernel, {.grid = blocks_for(name, count, kElementThreads), .block = kElementThreads}, stream, op);
}

template <class Op>
void launch_rows(const char* name, void (*kernel)(Op), int rows, StreamRef stream, const std::type_identity_t<Op>& op) {
  launch(name, kernel, {.grid = blocks_for(name, rows, kRowWarps), .block = 32 * kRowWarps}, stream, op);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
