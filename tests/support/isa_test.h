// Tests that run once for every instruction set that this machine has.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "kernels/cpu/isa.h"

namespace test_support {

/// Forces its parameter's level, and restores the one that was in force.
class IsaTest : public ::testing::TestWithParam<kernels::Isa> {
 protected:
  void SetUp() override { kernels::set_isa(GetParam()); }
  void TearDown() override { kernels::set_isa(before_); }

 private:
  kernels::Isa before_ = kernels::active_isa();
};

}  // namespace test_support

/// Instantiates a suite for all levels, each under its name.
#define AFFETTO_EVERY_ISA(suite)                                                            \
  INSTANTIATE_TEST_SUITE_P(EveryIsa, suite, ::testing::ValuesIn(kernels::available_isas()), \
                           [](const auto& level) { return std::string(kernels::name_of(level.param)); })
