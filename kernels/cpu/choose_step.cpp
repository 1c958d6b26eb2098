// Scores, blend and softmax over a piece's candidates.
#include "kernels/cpu/step_functions.h"
#include "kernels/cpu/vec.h"
#include "kernels/math/emotion_score.h"

namespace kernels::AFFETTO_ISA {
namespace {

float sum_of(const float* values, int count, float from) {
  Vec total = zero();
  int j = 0;
  for (; j + kLanes <= count; j += kLanes) total = total + load(values + j);
  if (j < count) total = total + load_first(values + j, count - j);
  return sum(total) + from;
}

PitchCentre<Vec> centre_of(const Blend& op, int cluster) {
  PitchCentre<Vec> centre;
  centre.shared = broadcast(op.shared[cluster]);
  for (int f = 0; f < 3; ++f) centre.offset[f] = broadcast(op.offset[cluster][f]);
  return centre;
}

}  // namespace

Spread spread(const float* values, int count, float last) {
  const float n = static_cast<float>(count + 1);
  const float mean = sum_of(values, count, last) / n;
  const Vec centre = broadcast(mean);
  Vec squares = zero(), top = broadcast(last);
  for (int j = 0; j < count; j += kLanes) {
    const int left = count - j;
    const Mask inside = first_lanes(left < kLanes ? left : kLanes);
    const Vec v = left < kLanes ? load_first(values + j, left) : load(values + j);
    const Vec gap = select(inside, v - centre, zero());
    squares = fma(gap, gap, squares);
    top = max(select(inside, v, top), top);
  }
  const float gap = last - mean;
  const Vec variance = broadcast((sum(squares) + gap * gap) / n);
  return {mean, highest(top), lowest(sqrt(variance))};
}

void score(const Blend& op, float* scores) {
  const float count = op.notes + 1.0f;
  const PitchSums<Vec> window = {broadcast(count),          broadcast(1.0f / count),       broadcast(op.origin),
                                 broadcast(op.shifted_sum), broadcast(op.shifted_squares), broadcast(op.highest)};
  const Vec inverse[3] = {broadcast(op.inverse[0]), broadcast(op.inverse[1]), broadcast(op.inverse[2])};
  const PitchCentre<Vec> wanted = centre_of(op, 0), other = centre_of(op, 1);
  Vec pitch = lane_index();
  for (int j = 0; j < op.padded; j += kLanes) {
    const PitchFeatures<Vec> features = with_candidate(window, pitch);
    store(scores + j, emotion_score(distance(features, inverse, wanted), distance(features, inverse, other)));
    pitch = pitch + broadcast(static_cast<float>(kLanes));
  }
}

BlendResult blend(const Blend& op, const float* scores, float* blended) {
  const Vec alpha = broadcast(op.alpha), beta = broadcast(op.beta);
  const Vec nothing = broadcast(-__builtin_inff());
  Vec top = nothing, gap = zero();
  for (int j = 0; j < op.padded; j += kLanes) {
    const Mask inside = first_lanes(op.count - j < kLanes ? op.count - j : kLanes);
    const Vec logit = select(inside, load(op.logits + j), zero());
    const Vec value = op.with_scores ? blended_logit(alpha, load(scores + j), beta, logit) : beta * logit;
    const Vec blend = select(inside, value, nothing);
    store(blended + j, blend);
    top = max(blend, top);
    gap = fma(logit, zero(), gap);  // a number times 0 is 0; infinity or NaN times 0 is NaN
  }
  return {highest(top), sum(gap) == 0.0f};
}

double soft_max(const float* blended, int padded, float highest, float* weights, float* sums) {
  const Vec top = broadcast(highest);
  double total = 0;
  for (int j = 0; j < padded; j += kLanes) {
    const Vec weight = exp(load(blended + j) - top);
    store(weights + j, weight);
    const float part = sum(weight);
    sums[j / kLanes] = part;
    total += part;
  }
  return total;
}

}  // namespace kernels::AFFETTO_ISA
