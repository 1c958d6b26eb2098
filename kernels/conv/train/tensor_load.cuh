// What training's kernels on tensor cores share: pixels on their way to shared memory, and a ring of steps.
#pragma once

#include <cstdint>

#include "kernels/conv/train/tensor_tiles.h"
#include "kernels/device/device.cuh"
#include "kernels/math/half.h"

namespace kernels::inline AFFETTO_PLATFORM {

/// Maps in memory: [pictures, side, side, channels].
struct TensorMap {
  const Bfloat16* first;
  int pictures, side, channels;
};

/// A tile's first pixel.
struct TileStart {
  std::int64_t picture;
  int y, x;

  /// @param tile  in the order of tile_count
  template <class Pixels>
  __device__ static TileStart of(int tile, int side) {
    const int across = (side + Pixels::kSide - 1) / Pixels::kSide;  // 1 for small maps
    return {std::int64_t{tile / (across * across)} * Pixels::kPictures, tile / across % across * Pixels::kSide,
            tile % across * Pixels::kSide};
  }
};

/// Enqueues this thread's share of a tile's pixels, kChunks times eight channels of each from `channel` on. Zeros for
/// what is not there: around the map, beyond the last picture, beyond the last channel.
/// @param kBorder  pixels around the tile that come too, 0 or 1
/// @param to_of    (picture, y, x, chunk) -> where they go; y and x from the border on
template <class Pixels, int kBorder, int kChunks, int kThreads, class ToOf>
__device__ void load_pixels(const TensorMap& map, const TileStart& at, int channel, const ToOf& to_of) {
  constexpr int kLoaded = Pixels::kSide + 2 * kBorder;
  for (int i = static_cast<int>(threadIdx.x); i < Pixels::kPictures * kLoaded * kLoaded * kChunks; i += kThreads) {
    const int chunk = i % kChunks, px = i / kChunks % kLoaded, py = i / kChunks / kLoaded % kLoaded;
    const int of = i / kChunks / kLoaded / kLoaded, from = channel + chunk * 8;
    const int y = at.y + py - kBorder, x = at.x + px - kBorder;
    const bool inside =
        y >= 0 && y < map.side && x >= 0 && x < map.side && at.picture + of < map.pictures && from < map.channels;
    const Bfloat16* element = map.first;
    if (inside) element += (((at.picture + of) * map.side + y) * map.side + x) * map.channels + from;
    dev::cp_async<16>(to_of(of, py, px, chunk), element, inside ? 16 : 0);
  }
}

/// Runs use(i) for each of `count` steps, whose data load(i) has brought into place i % kSteps of a ring; kSteps - 1
/// steps are on their way meanwhile. All threads of the block call.
template <int kSteps, class Load, class Use>
__device__ void ring_of_steps(int count, const Load& load, const Use& use) {
  const auto enqueue = [&](int i) {
    if (i < count) load(i);
    dev::cp_async_commit();  // an empty group at the end keeps the count
  };
  for (int i = 0; i < kSteps - 1; ++i) enqueue(i);
  for (int i = 0; i < count; ++i) {
    dev::cp_async_wait<kSteps - 2>();
    __syncthreads();  // step i is there for all, and nobody reads step i - 1 any more
    enqueue(i + kSteps - 1);
    use(i);
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM
