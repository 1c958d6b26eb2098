// The functions behind StepTable at the level being compiled. Include from sources compiled per level only.
#pragma once

#include "kernels/cpu/step.h"

namespace kernels::AFFETTO_ISA {

void lstm_step(const LstmStep& step);
void dense_step(const DenseStep& step);
void sum_rows(const RowSum& op);
void activate(Curve curve, float* values, int size);
Spread spread(const float* values, int count, float last);
void score(const Blend& op, float* scores);
BlendResult blend(const Blend& op, const float* scores, float* blended);
double soft_max(const float* blended, int padded, float highest, float* weights, float* sums);

/// The level's table.
const StepTable& step_table();

}  // namespace kernels::AFFETTO_ISA
