// Every instruction set that this machine can run, as a test parameter.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "kernels/cpu/isa.h"

namespace support {

class EachLevel : public testing::TestWithParam<kernels::Isa> {};

inline std::string level_name(const testing::TestParamInfo<kernels::Isa>& info) { return name_of(info.param); }

}  // namespace support

#define AFFETTO_EACH_LEVEL(Suite) \
  INSTANTIATE_TEST_SUITE_P(Levels, Suite, testing::ValuesIn(kernels::available_isas()), support::level_name)
