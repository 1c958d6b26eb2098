// One source, two programs. What depends on the machine (launchers, streams, buffers, kernels) lives in
//   namespace kernels::inline AFFETTO_PLATFORM { ... }
// which is kernels::on_cuda for the GPU, and kernels::on_emulator where AFFETTO_EMULATED is defined (everything linked
// to the target kernels_emulated). Callers write kernels::name either way; a file that shall run on both is compiled
// once for each, and both fit into one executable. Plain data (operand structs, references, errors) stays outside.
#pragma once

#if defined(AFFETTO_EMULATED)
#define AFFETTO_PLATFORM on_emulator
#else
#define AFFETTO_PLATFORM on_cuda
#endif
