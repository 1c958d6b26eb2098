// Marks a formula that host and device share; nothing but `inline` where no CUDA compiler looks.
#pragma once

#if defined(__CUDACC__)
#define AFFETTO_HD __host__ __device__ inline
#else
#define AFFETTO_HD inline
#endif
