// Written by bench/tune: not by hand. The tables of this folder.
#pragma once

#include <array>

#include "kernels/generate/dispatch/tables/nvidia_h200.h"

namespace kernels {

// clang-format off
inline constexpr std::array kTunedTables = {kNVIDIAH200};
// clang-format on

}  // namespace kernels
