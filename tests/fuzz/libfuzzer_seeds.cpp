// Under libFuzzer: puts a target's own seeds into the corpus folder named by AFFETTO_FUZZ_CORPUS before it is read.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

std::vector<std::vector<std::uint8_t>> fuzz_seeds();

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char* folder = std::getenv("AFFETTO_FUZZ_CORPUS");
  if (folder == nullptr) return 0;
  std::filesystem::create_directories(folder);
  std::size_t number = 0;
  for (const auto& seed : fuzz_seeds()) {
    std::ofstream file(std::filesystem::path(folder) / ("seed-" + std::to_string(number++)), std::ios::binary);
    file.write(reinterpret_cast<const char*>(seed.data()), static_cast<std::streamsize>(seed.size()));
  }
  return 0;
}
