// Which of a program's device code runs on a GPU, told from what it was compiled for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kernels {

/// What the device code of a program is for, such as "80,90a": CMAKE_CUDA_ARCHITECTURES with commas. A plain number
/// brings machine code for GPUs of its major capability from its minor one on, and PTX, which later GPUs translate;
/// NUMBER-real and NUMBER-virtual bring one of the two; NUMBERa is for that one capability alone.
/// @param capability  of the GPU: 90 is 9.0
/// @return the capability that the code was compiled for which the GPU takes (machine code before PTX, the latest of
///         either); none: there is none for it
std::optional<int> code_for(std::string_view architectures, int capability);

/// "sm_80, sm_90a"
std::string architectures_text(std::string_view architectures);

}  // namespace kernels
