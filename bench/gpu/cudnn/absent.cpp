// Stands in where cuDNN was not found.
#include <cstdio>

#include "bench/gpu/measure.h"

int main() { bench::gpu::Report(stdout).not_measured("cudnn", "not run: cuDNN not found"); }
