// From candidates' weights to one candidate. Weights are >= 0 and need not sum to 1.
#pragma once

#include <span>

namespace kernels {

/// The first candidate at which the running sum exceeds u * total: the inverse of the distribution function.
/// @param weights  [whole registers]
/// @param sums     [weights.size() / lanes] of each register, as soft_max() leaves them
/// @param total    of `sums`, added up in rising order, > 0
/// @param u        in (0, 1)
/// @return a candidate whose weight is above 0
int draw_inverse_cdf(std::span<const float> weights, std::span<const float> sums, double total, double u);

/// The highest value's index, the first of equals; NaN never wins. 0 for an empty list.
int arg_max(std::span<const float> values);

/// Sets to 0 what top_k and top_p leave out: by falling weight, equals by rising index, a candidate is kept while fewer
/// than top_k are and the sum before it is below top_p * total.
/// @param top_k  0 keeps all
/// @param order  [weights.size()] scratch
void cut_tail(std::span<float> weights, double total, int top_k, double top_p, std::span<int> order);

}  // namespace kernels
