// What blocks tell one another round by round: every block's next word depends on all words of the round before.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/math/annotations.h"

namespace bench::gpu {

AFFETTO_HD std::uint32_t next_word(std::uint32_t sum, std::uint32_t block) { return sum * 1664525u + block; }

/// Each block's word after so many rounds; block b begins with b.
inline std::vector<std::uint32_t> expected_words(std::uint32_t blocks, int rounds) {
  std::vector<std::uint32_t> words;
  for (std::uint32_t b = 0; b < blocks; ++b) words.push_back(b);
  for (int round = 0; round < rounds; ++round) {
    std::uint32_t sum = 0;
    for (const std::uint32_t word : words) sum += word;
    for (std::uint32_t b = 0; b < blocks; ++b) words[b] = next_word(sum, b);
  }
  return words;
}

}  // namespace bench::gpu
