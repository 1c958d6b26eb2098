// Which of a program's device code a GPU takes.
#include "kernels/runtime/architectures.h"

#include <gtest/gtest.h>

namespace kernels {
namespace {

struct Case {
  const char* code;
  int gpu;
  int takes;  ///< 0: none
};

// CUDA C++ Programming Guide, "Binary compatibility" and "PTX compatibility"; NVCC's manual for the letters.
const Case kCases[] = {{"90a", 90, 90},     {"90a", 89, 0},          {"90a", 100, 0},
                       {"80", 80, 80},      {"80", 86, 80},          {"80", 75, 0},
                       {"80", 90, 80},      {"80,90a", 90, 90},      {"80,90a", 80, 80},
                       {"80,90a", 100, 80}, {"86,80", 89, 86},       {"80-real", 86, 80},
                       {"80-real", 90, 0},  {"80-virtual", 90, 80},  {"80-virtual", 75, 0},
                       {"86-real", 80, 0},  {"80-real,86", 100, 86}, {"80-real,89-virtual", 89, 80},
                       {"", 90, 0}};

TEST(Architectures, AGpuTakesMachineCodeOfItsKindBeforePtx) {
  for (const Case& c : kCases) {
    EXPECT_EQ(code_for(c.code, c.gpu).value_or(0), c.takes) << "\"" << c.code << "\" on sm_" << c.gpu;
  }
}

TEST(Architectures, AreToldAsNvccCallsThem) {
  EXPECT_EQ(architectures_text("80,90a"), "sm_80, sm_90a");
  EXPECT_EQ(architectures_text(""), "");
}

}  // namespace
}  // namespace kernels
