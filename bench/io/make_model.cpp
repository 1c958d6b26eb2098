// Writes random weights as a model file, so that whole programs can be timed before anything is trained.
// bench_model 1x128|3x512 FILE.safetensors
#include <cstdio>
#include <exception>

#include "bench/harness/subjects.h"
#include "io/files/write_file.h"
#include "io/tensors/tensors.h"

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::fprintf(stderr, "usage: bench_model 1x128|3x512 FILE.safetensors\n");
    return 2;
  }
  const engine::Model model = bench::random_model(bench::spec_of(argv[1]));
  io::write_file(argv[2], std::span<const std::uint8_t>(io::format_tensors(engine::table_from_model(model))),
                 io::Existing::replace);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return 1;
}
