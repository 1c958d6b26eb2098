// The size of a launch, alike on both platforms.
#pragma once

#include <cstddef>

namespace kernels {

/// Up to three dimensions; a plain number is the first of them.
struct Extent {
  unsigned x = 1, y = 1, z = 1;
  constexpr Extent(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
  constexpr std::size_t count() const { return std::size_t{x} * y * z; }
};

struct LaunchShape {
  Extent grid{};                 ///< blocks; x is a multiple of cluster
  Extent block{};                ///< threads of a block, at most 1,024
  unsigned cluster = 1;          ///< blocks (along x) that see each other's shared memory: 1, 2, 4, 8 or 16
  bool cooperative = false;      ///< all blocks at once, so that grid_sync() works
  std::size_t shared_bytes = 0;  ///< sizeof(Layout) of dev::smem<Layout>(); at most kSharedLimit
};

inline constexpr unsigned kMaxBlockThreads = 1024;
inline constexpr unsigned kMaxCluster = 16;
inline constexpr std::size_t kSharedLimit = 232'448;  ///< bytes of shared memory a block can have on sm_90
/// The least that GPUs from sm_80 on give a block (sm_86, sm_89, sm_120): what is to run on all of them takes no more.
inline constexpr std::size_t kPortableShared = 101'376;
inline constexpr int kFirstWithClusters = 90;  ///< compute capability, times ten
inline constexpr int kPortableCluster = 8;     ///< blocks of a cluster that every GPU with clusters runs

/// What a device and the device code that runs on it offer: an input of every choice of a rung and of its sizes.
struct DeviceLimits {
  int multiprocessors = 1;
  int cluster = kPortableCluster;           ///< blocks of a cluster, at most; 1: there are no clusters
  std::size_t shared_bytes = kSharedLimit;  ///< of a block, at most
};

}  // namespace kernels
