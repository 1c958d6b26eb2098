// The fused steps of generation on the processor: LSTM layers, dense layers and input rows over many columns at once.
//
// A column is one state of one piece. All matrices are packed (packed.h) for `lanes` floats per register. Every number
// is the result of one chain of operations in one fixed order, so a column's bits do not depend on which columns it is
// computed together with, nor on how groups and columns are dealt out to threads.
#pragma once

#include "kernels/cpu/isa.h"
#include "kernels/math/half.h"

namespace kernels {

/// One state to advance: c = f c + i g, h = o tanh(c).
struct LstmColumn {
  const float* x;      ///< [x_terms] output of the layer below; not read where x_terms is 0
  const float* h;      ///< [h_terms] this layer's output one note ago; not read where h_terms is 0
  const float* input;  ///< [groups, 4, lanes] added to the gates after all products (the note's rows), or null
  float* c;            ///< [groups * lanes] cell, updated in place
  float* h_out;        ///< [groups * lanes] new output; must not overlap any column's x or h of the same step
};

/// A packed matrix in the one of two formats that is not null. Arithmetic is fp32 in both.
struct WeightsView {
  const float* floats = nullptr;
  const Half* halves = nullptr;
};

/// Advances `count` columns of one layer by one note, unit groups first_group .. last_group-1 only.
struct LstmStep {
  WeightsView weights;  ///< [groups, below + hidden, 4, lanes]; gate order i f g o, the layer below's rows first
  const float* bias;    ///< [groups, 4, lanes] both biases in one
  int below;            ///< rows of the layer below; 0 for the first layer, whose input comes as LstmColumn::input
  int hidden;           ///< rows of h
  int x_terms;          ///< below
  int h_terms;          ///< hidden, or 0 where every column's h is still zero
  int first_group, last_group;
  const LstmColumn* columns;  ///< [count]
  int count;
  /// What must have happened before the columns' input is there; asked between the products and all else, once per tile
  /// at least. It waits; false means: leave, nothing more is wanted. Null: all is there.
  bool (*ready)(const void* context) = nullptr;
  const void* context = nullptr;
};

struct DenseColumn {
  const float* x;  ///< [terms]
  float* y;        ///< [groups * lanes] written up to whole groups: padding included, as zeros
};

/// y = W x + b for `count` columns, output groups first_group .. last_group-1 only.
struct DenseStep {
  WeightsView weights;  ///< [groups, terms, lanes]
  const float* bias;    ///< [groups, lanes]
  int terms;
  int first_group, last_group;
  const DenseColumn* columns;  ///< [count]
  int count;
};

/// out[j] = sum over r of scale[r] * rows[r][j], r in rising order.
struct RowSum {
  const float* const* rows;  ///< [count] each [size]
  const float* scales;       ///< [count]
  int count;
  float* out;  ///< [size]
  int size;    ///< a multiple of lanes
};

enum class Curve { relu, tanh };

/// Window statistics of step or duration; the candidate's own value comes on top.
struct Spread {
  float mean, highest, deviation;  ///< deviation with divisor n
};

/// How the candidates' probabilities come about (emotion_score.h): what varies with the candidate is the pitch.
struct Blend {
  const float* logits;  ///< [padded] raw; entries from `count` on are ignored
  int count;            ///< candidates
  int padded;           ///< count rounded up to whole registers
  float alpha, beta;    ///< both already divided by the temperature
  bool with_scores;     ///< false: the three members below are not read
  // sums over the window's pitches less `pitch_origin`, as in PitchSums
  float notes, origin, shifted_sum, shifted_squares, highest;
  // per cluster (0: wanted, 1: other): squared distance of the six features that all candidates share, and the three
  // pitch features' scaled centres; a feature x counts as (x * inverse - offset)^2
  float shared[2];
  float inverse[3];
  float offset[2][3];
};

struct BlendResult {
  float highest;
  bool finite;  ///< whether every logit is
};

/// What a level offers; every function is reached through this table (step_table()).
struct StepTable {
  int lanes;         ///< floats per register
  int tile_columns;  ///< columns that one pass over the weights serves best
  void (*lstm)(const LstmStep&);
  void (*dense)(const DenseStep&);
  void (*sum_rows)(const RowSum&);
  /// values[0 .. size-1] through a curve; size is rounded up to whole registers.
  void (*activate)(Curve curve, float* values, int size);
  /// Mean, highest and deviation of values[0 .. count-1] and `last`.
  Spread (*spread)(const float* values, int count, float last);
  /// scores [padded] of every candidate.
  void (*score)(const Blend&, float* scores);
  /// blended [padded] = alpha * score + beta * logit, minus infinity from `count` on.
  BlendResult (*blend)(const Blend&, const float* scores, float* blended);
  /// weights [padded] = exp(blended - highest), sums [padded / lanes] of each register; returns the
  /// total, added up in rising order.
  double (*soft_max)(const float* blended, int padded, float highest, float* weights, float* sums);
};

/// The table of an available level (isa.h); throws std::invalid_argument for one that is not.
const StepTable& step_table(Isa isa);

}  // namespace kernels
