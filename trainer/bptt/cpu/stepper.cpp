#include "trainer/bptt/cpu/stepper.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace trainer {
namespace {

constexpr std::size_t kShardSequences = 32;

double count_targets(const Batch& batch) {
  double counted = 0;
  for (const float m : batch.mask) counted += m != 0;
  return counted;
}

}  // namespace

CpuStepper::CpuStepper(const engine::ModelSpec& spec, const ParameterLayout& layout, Pool& pool)
    : network_(spec, layout), layout_(layout), pool_(pool), scratch_(static_cast<std::size_t>(pool.threads())) {
  add_gradient_tasks();
}

void CpuStepper::add_gradient_tasks() {
  for (std::size_t b = 0; b < network_.branches.size(); ++b) {
    for (std::size_t i = 0; i < network_.branches[b].size(); ++i) tasks_.push_back({Task::Kind::branch, i, b, 0, 0});
  }
  for (std::size_t i = 0; i < network_.trunk.size(); ++i) tasks_.push_back({Task::Kind::trunk, i, 0, 0, 0});
  for (std::size_t l = 0; l < network_.lstm.size(); ++l) {
    // Whole register tiles, at least four tasks, at most a second-level cache of them.
    const std::size_t gates = 4 * network_.lstm[l].hidden();
    const std::size_t chunk = std::clamp<std::size_t>((gates / 4 + 11) / 12 * 12, 12, 480);
    for (std::size_t n = 0; n < gates; n += chunk) {
      tasks_.push_back({Task::Kind::lstm, l, 0, n, std::min(chunk, gates - n)});
    }
  }
}

void CpuStepper::load(std::span<const float> parameters) {
  if (parameters.size() != layout_.size()) throw std::invalid_argument("load: parameters have another size");
  parameters_ = parameters;
  const std::size_t recurrent = network_.lstm.size() * LstmLayer::kPackTasks;
  pool_.run(recurrent + 1, [&](std::size_t i, int) {
    if (i < recurrent) {
      network_.lstm[i / LstmLayer::kPackTasks].pack(i % LstmLayer::kPackTasks, parameters);
      return;
    }
    for (DenseLayer& layer : network_.trunk) layer.pack(parameters);
    for (auto& branch : network_.branches) {
      for (DenseLayer& layer : branch) layer.pack(parameters);
    }
  });
}

void CpuStepper::prepare(const Batch& batch) {
  if (parameters_.empty()) throw std::logic_error("CpuStepper: load() comes first");
  if (batch.steps == steps_ && batch.batch == batch_ && batch.first_loss_step == first_loss_step_) return;
  steps_ = batch.steps, batch_ = batch.batch, first_loss_step_ = batch.first_loss_step;
  shards_.clear();
  const auto sequences = static_cast<std::size_t>(batch.batch);
  const std::size_t count = (sequences + kShardSequences - 1) / kShardSequences;
  for (std::size_t s = 0; s < count; ++s) {
    const std::size_t begin = sequences * s / count, end = sequences * (s + 1) / count;
    const ShardShape shape{static_cast<std::size_t>(batch.steps), end - begin,
                           static_cast<std::size_t>(batch.first_loss_step)};
    shards_.emplace_back(network_, shape, begin);
  }
}

Losses CpuStepper::collect(const std::vector<ShardLosses>& shards, double counted) const {
  Losses losses;
  losses.targets = static_cast<std::int64_t>(counted);
  losses.heads.assign(network_.spec.heads.size(), 0.0);
  for (const ShardLosses& shard : shards) {
    losses.correct += shard.correct;
    for (std::size_t h = 0; h < losses.heads.size(); ++h) losses.heads[h] += shard.heads[h];
  }
  for (std::size_t h = 0; h < losses.heads.size(); ++h) {
    losses.heads[h] /= counted;
    losses.total += network_.spec.heads[h].loss_weight * losses.heads[h];
  }
  return losses;
}

Losses CpuStepper::gradients(const Batch& batch, std::span<float> gradients) {
  prepare(batch);
  const double counted = count_targets(batch);
  if (counted == 0) throw std::invalid_argument("gradients: the batch has no target");
  std::vector<ShardLosses> losses(shards_.size());
  pool_.run(shards_.size(), [&](std::size_t s, int) {
    losses[s] = shards_[s].forward(parameters_, batch, counted, true);
    shards_[s].backward(batch, true);
  });
  pool_.run(tasks_.size(), [&](std::size_t i, int thread) {
    run_task(tasks_[i], gradients, scratch_[static_cast<std::size_t>(thread)]);
  });
  if (!network_.embedding.name.empty()) {
    std::fill_n(gradients.begin() + static_cast<std::ptrdiff_t>(network_.embedding.offset), network_.embedding.size,
                0.0f);
    for (const Shard& shard : shards_) shard.embedding_gradient(batch, gradients);
  }
  return collect(losses, counted);
}

void CpuStepper::run_task(const Task& task, std::span<float> gradients, kernels::GemmScratch& scratch) const {
  if (task.kind == Task::Kind::lstm) {
    std::vector<LstmLayer::Operand> operands;
    for (const Shard& shard : shards_) operands.push_back(shard.lstm_operand(task.layer));
    network_.lstm[task.layer].weight_gradient(operands, task.begin, task.count, gradients, scratch);
    return;
  }
  std::vector<DenseLayer::Operand> operands;
  for (const Shard& shard : shards_) {
    operands.push_back(task.kind == Task::Kind::trunk ? shard.trunk_operand(task.layer)
                                                      : shard.branch_operand(task.branch, task.layer));
  }
  const DenseLayer& layer =
      task.kind == Task::Kind::trunk ? network_.trunk[task.layer] : network_.branches[task.branch][task.layer];
  layer.weight_gradient(operands, gradients, scratch);
}

Losses CpuStepper::measure(const Batch& batch) {
  prepare(batch);
  std::vector<ShardLosses> losses(shards_.size());
  pool_.run(shards_.size(), [&](std::size_t s, int) { losses[s] = shards_[s].forward(parameters_, batch, 0, false); });
  return collect(losses, count_targets(batch));
}

std::vector<float> CpuStepper::outputs(std::size_t head) const {
  const auto size = static_cast<std::size_t>(network_.spec.heads[head].size), whole = static_cast<std::size_t>(batch_);
  std::vector<float> all(static_cast<std::size_t>(steps_ - first_loss_step_) * whole * size);
  for (const Shard& shard : shards_) {
    const Rows rows = shard.head_outputs(head);
    for (std::size_t r = 0; r < shard.shape().loss_rows(); ++r) {
      const std::size_t to = r / shard.shape().batch * whole + shard.first() + r % shard.shape().batch;
      std::copy_n(rows.data + r * rows.ld, size, &all[to * size]);
    }
  }
  return all;
}

}  // namespace trainer
