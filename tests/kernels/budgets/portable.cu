// Every wrapper that is PTX underneath, in two kernels: that all of it compiles for the oldest GPU that is served.
// Kernels use no PTX of their own (tests/kernels/device/kernel_words_test.py), so what compiles here compiles there.
#include "kernels/device/device.cuh"

namespace kernels::on_cuda {
namespace {

struct Layout {
  alignas(16) Half tile[8][8];
  std::uint64_t bar;
  int word;
};

struct Operands {
  float* floats;
  std::uint32_t* words;
  Tagged<float>* small;
  Tagged<float3>* large;
  Watchdog watchdog;
};

__device__ void copies(Layout& s, const Operands& op) {
  dev::cp_async<4>(&s.word, op.words);
  dev::cp_async<16>(s.tile, op.words, 8);
  dev::cp_async_commit();
  dev::cp_async_wait<0>();
}

__device__ void bulk_copies(Layout& s, const Operands& op) {
  dev::bulk_load(s.tile, op.words, 16, &s.bar);
  dev::fence_proxy_async();
  dev::bulk_store(op.words, s.tile, 16);
  dev::bulk_commit();
  dev::bulk_wait_read<0>();
  dev::bulk_wait<0>();
}

__device__ void barriers(Layout& s) {
  dev::mbar_init(&s.bar, 1);
  dev::mbar_fence_init();
  dev::mbar_arrive(&s.bar);
  dev::mbar_arrive_remote(&s.bar, dev::cluster_rank());
  dev::mbar_arrive_expect(&s.bar, 16);
  dev::mbar_wait(&s.bar, 0);
  dev::mbar_invalidate(&s.bar);
}

__device__ void meetings(Layout& s) {
  dev::bar_arrive(1, 64);
  dev::bar_sync(1, 64);
  dev::cluster_arrive();
  dev::cluster_wait();
  *dev::map_rank(&s.word, dev::cluster_size() - 1) = 1;
  dev::cluster_sync();
  dev::grid_sync();
}

__device__ void products(Layout& s, const Operands& op) {
  std::uint32_t a[4], b[2], one[1];
  dev::ldmatrix(a, &s.tile[threadIdx.x % 8]);
  dev::ldmatrix(b, &s.tile[threadIdx.x % 8]);
  dev::ldmatrix_trans(one, &s.tile[threadIdx.x % 8]);
  float d[4] = {};
  dev::mma<Half>(d, a, b);
  a[0] += one[0];
  dev::mma<Bfloat16>(d, a, b);
  const float x = d[0] + d[3];
  op.floats[threadIdx.x] = dev::exp2_fast(x) + dev::exp_fast(x) + dev::tanh_fast(x) + dev::rcp_fast(x) +
                           dev::sqrt_fast(x) + dev::rsqrt_fast(x) + dev::log_fast(x);
}

__device__ void words(const Operands& op) {
  dev::store_release(op.words, dev::load_acquire(op.words + 1) + dev::load_relaxed(op.words + 2));
  dev::store_relaxed(op.words + 3, dev::add_acq_rel(op.words + 4, 1u) + dev::add_relaxed(op.words + 5, 1u));
  dev::wait_reached(op.words + 6, 1, op.watchdog, 1);
  dev::store_tagged(op.small, dev::wait_tagged(op.small + 1, 1, op.watchdog, 2), 2);
  dev::store_tagged(op.large, dev::wait_tagged(op.large + 1, 1, op.watchdog, 3), 2);
}

__global__ void everywhere(Operands op) {
  Layout& s = dev::smem<Layout>();
  copies(s, op);
  meetings(s);
  products(s, op);
  words(op);
}

// What ends the kernel on GPUs before sm_90.
__global__ void where_clusters_are(Operands op) {
  Layout& s = dev::smem<Layout>();
  bulk_copies(s, op);
  barriers(s);
}

}  // namespace

const void* kernel(bool portable) {
  return portable ? reinterpret_cast<const void*>(everywhere) : reinterpret_cast<const void*>(where_clusters_are);
}

}  // namespace kernels::on_cuda
