// A network laid out for float32 training, and one shard's way through it.
#pragma once

#include <span>
#include <vector>

#include "trainer/bptt/cpu/dense_layer.h"
#include "trainer/bptt/cpu/lstm_layer.h"
#include "trainer/bptt/losses.h"
#include "trainer/data/batch.h"

namespace trainer {

/// The layers of a spec. Heads without hidden layers share one dense layer; each other head is a branch of its own.
struct Network {
  Network(const engine::ModelSpec& spec, const ParameterLayout& layout);

  struct HeadPlace {
    std::size_t branch, first;  ///< which branch, and from which column of its last layer
  };
  engine::ModelSpec spec;
  std::vector<LstmLayer> lstm;
  std::vector<DenseLayer> trunk;                  ///< ModelSpec::dense
  std::vector<std::vector<DenseLayer>> branches;  ///< hidden layers of a head, then its outputs
  std::vector<HeadPlace> heads;                   ///< in the order of the spec
  Slot embedding;                                 ///< empty name where the spec has none
};

/// Rows of numbers in memory.
struct Rows {
  const float* data;
  std::size_t ld;
};

/// Sums over the counted targets of one shard, in double, in a fixed order.
struct ShardLosses {
  std::vector<double> heads;
  std::int64_t correct = 0;
};

class Shard {
 public:
  /// Buffers for sequences `first` .. `first + shape.batch - 1` of a batch.
  Shard(const Network& network, const ShardShape& shape, std::size_t first);

  /// Forward through everything and the losses. With `counted` > 0 also the gradients of the outputs of the mean over
  /// that many targets.
  /// @param parameters  for the embedding table only: the layers hold their packed weights
  ShardLosses forward(std::span<const float> parameters, const Batch& batch, double counted, bool dropout);
  /// Back to every layer's preactivations; needs forward with counted > 0.
  void backward(const Batch& batch, bool dropout);

  const ShardShape& shape() const { return shape_; }
  std::size_t first() const { return first_; }
  /// Outputs of a head after its activation, [loss_rows, size].
  Rows head_outputs(std::size_t head) const;

  LstmLayer::Operand lstm_operand(std::size_t layer) const;
  DenseLayer::Operand trunk_operand(std::size_t layer) const;
  DenseLayer::Operand branch_operand(std::size_t branch, std::size_t layer) const;
  /// Adds the gradient of the embedding table; serial, in the order of rows.
  void embedding_gradient(const Batch& batch, std::span<float> gradients) const;

 private:
  Rows features() const;
  Rows layer_input(std::size_t layer) const;
  void encode(std::span<const float> parameters, const Batch& batch);
  void scale_by_dropout(const Batch& batch, std::size_t layer, float* values, std::size_t ld,
                        std::size_t columns) const;
  double head_loss(std::size_t head, const Batch& batch, double counted, std::int64_t& correct);
  void backward_dense();

  const Network& network_;
  ShardShape shape_;
  std::size_t first_;
  std::vector<LstmWork> lstm_;
  std::vector<DenseWork> trunk_;
  std::vector<std::vector<DenseWork>> branches_;
  kernels::AlignedFloats dx_;                   ///< [T * B, I] gradient of the inputs, for an embedding
  std::vector<std::size_t> embedding_columns_;  ///< first input column of each embedded input
};

}  // namespace trainer
