// Losses and gradients of a network in float32 on several threads.
//
// A batch is cut into shards of at most 32 sequences. One thread takes a shard from its first note to its last and back
// without waiting for another (small networks are bound by latency, and a barrier per time step would double it); then
// the weight gradients are one matrix product per layer over all steps and sequences, cut by rows of the weights. How a
// batch is cut depends on its size alone, so results are the same bits for any number of threads.
#pragma once

#include <span>
#include <vector>

#include "kernels/cpu/gemm.h"
#include "trainer/bptt/cpu/pool.h"
#include "trainer/bptt/cpu/shard.h"
#include "trainer/bptt/losses.h"
#include "trainer/data/batch.h"

namespace trainer {

class CpuStepper {
 public:
  /// Uses the instruction set that is active now; it must still be when the other functions are called.
  CpuStepper(const engine::ModelSpec& spec, const ParameterLayout& layout, Pool& pool);

  /// Takes new weights; call after every change.
  /// @param parameters  layout.size() values, must outlive the calls below
  void load(std::span<const float> parameters);
  /// Mean losses of the batch, and their gradient in `gradients` (layout.size() values, overwritten, gaps zero).
  Losses gradients(const Batch& batch, std::span<float> gradients);
  /// Mean losses alone, without dropout.
  Losses measure(const Batch& batch);
  /// After either: outputs of a head for the rows from first_loss_step on, [rows, size] in the batch's order.
  std::vector<float> outputs(std::size_t head) const;

 private:
  void prepare(const Batch& batch);
  Losses collect(const std::vector<ShardLosses>& shards, double counted) const;
  void add_gradient_tasks();

  struct Task {
    enum class Kind { lstm, trunk, branch } kind;
    std::size_t layer, branch, begin, count;
  };
  void run_task(const Task& task, std::span<float> gradients, kernels::GemmScratch& scratch) const;

  Network network_;
  const ParameterLayout& layout_;
  Pool& pool_;
  std::span<const float> parameters_;
  int steps_ = 0, batch_ = 0, first_loss_step_ = -1;  ///< what the shards are made for
  std::vector<Shard> shards_;
  std::vector<Task> tasks_;
  std::vector<kernels::GemmScratch> scratch_;
};

}  // namespace trainer
