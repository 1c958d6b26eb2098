// What a result was measured on, put into Google Benchmark's context.
#pragma once

namespace bench {

/// Processor, instruction set, compiler, LibTorch and its matrix products.
void add_context();

}  // namespace bench
