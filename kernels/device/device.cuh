// Everything a kernel may use.
#pragma once

#include "kernels/device/atomic.cuh"
#include "kernels/device/cluster.cuh"
#include "kernels/device/copy.cuh"
#include "kernels/device/grid.cuh"
#include "kernels/device/math.cuh"
#include "kernels/device/mbarrier.cuh"
#include "kernels/device/smem.cuh"
#include "kernels/device/sync.cuh"
#include "kernels/device/tile.cuh"
#include "kernels/device/wait.cuh"
#include "kernels/device/warp.cuh"
#include "kernels/device/words.cuh"
#include "kernels/math/half.h"
