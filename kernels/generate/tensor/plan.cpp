#include "kernels/generate/tensor/plan.h"

#include <algorithm>
#include <iterator>

#include "kernels/generate/places.h"

namespace kernels {
namespace {

int divided(int count, int each) { return (count + each - 1) / each; }

int blocks_for(const NetworkView& network) {
  const int terms = divided(network.layers[0].hidden, kBlockTerms);
  return *std::find_if(std::begin(kTensorBlocks), std::end(kTensorBlocks) - 1, [&](int b) { return terms <= b; });
}

}  // namespace

TensorPlan tensor_plan(const NetworkView& network, int pieces, int columns, const TensorForm& form, int cluster) {
  TensorPlan plan;
  plan.blocks = blocks_for(network);
  plan.tiles = divided(columns, kTileColumns);
  plan.pieces = pieces;
  plan.cluster = cluster;
  plan.choosers = form.choosers;
  plan.held = held_blocks(plan.blocks, form.held);
  int outputs = 0, scaled = 0;
  for (int i = 0; i < network.readout_count; ++i) outputs += network.readout[i].size;
  for (int i = 0; i < network.input_count; ++i) scaled += network.inputs[i].table ? 0 : 1;
  plan.groups = divided(outputs, kHeadRows);
  Places places;
  plan.h = static_cast<int>(places.of<std::uint16_t>(2 * plan.columns() * TensorPlan::stride_of(plan.units())));
  plan.c = static_cast<int>(places.of<float>(plan.tiles * plan.warps() * 32 * 2));
  plan.rows = static_cast<int>(places.of<float>((1 + scaled) * plan.units() * 4));
  plan.w_gates = static_cast<int>(places.of<std::uint16_t>(plan.warps() * (plan.blocks - plan.held) * 2 * 32 * 8));
  plan.w_heads = static_cast<int>(places.of<std::uint16_t>(std::int64_t{plan.groups} * plan.blocks * 32 * 8));
  plan.output = static_cast<int>(places.of<HeadOutput>(plan.groups * kHeadRows));
  plan.readout = static_cast<int>(places.of<float>(std::int64_t{pieces} * network.readout_size));
  plan.ring = static_cast<int>(places.of<Played>(std::int64_t{pieces} * network.window));
  plan.progress = static_cast<int>(places.of<Progress>(pieces));
  plan.voices = static_cast<int>(places.of<VoiceView>(pieces));
  plan.starts = static_cast<int>(places.of<WindowStart>(pieces));
  plan.messages = static_cast<int>(places.of<Message>(2));
  plan.some_left = static_cast<int>(places.of<int>(std::max(plan.choosers, 1)));
  plan.bytes = places.bytes();
  return plan;
}

TensorPlan tensor_loop_plan(const NetworkView& network, int rows, const DeviceLimits& limits, const TensorForm& form,
                            int pieces) {
  const auto plan_for = [&](int count) { return tensor_plan(network, count, count, form, 1); };
  if (pieces != 0) return plan_for(pieces);
  TensorPlan best = plan_for(kTileColumns);
  while (divided(rows, best.pieces) > limits.multiprocessors && best.pieces < kMostTensorPieces) {
    const TensorPlan plan = plan_for(2 * best.pieces);
    if (plan.bytes > limits.shared_bytes) break;
    best = plan;
  }
  return best;
}

int suited_cluster(int window) {
  int cluster = kStateClusters[0];
  while (cluster < kPortableCluster && window > cluster * kTileColumns) cluster *= 2;
  return cluster;
}

TensorPlan staggered_plan(const NetworkView& network, int cluster) {
  return tensor_plan(network, 1, divided(network.window, cluster), kStaggeredForm, cluster);
}

bool staggered_fits(const NetworkView& network, int cluster, const DeviceLimits& limits) {
  return cluster <= limits.cluster && staggered_plan(network, cluster).bytes <= limits.shared_bytes;
}

std::string why_not_tensor(const NetworkView& network, const DeviceLimits& limits, const std::string& rung) {
  const int most = kTensorBlocks[std::size(kTensorBlocks) - 1] * kBlockTerms;
  if (network.layer_count != 1) {
    return "the network has " + std::to_string(network.layer_count) + " LSTM layers; " + rung + " serves one";
  }
  if (network.layers[0].hidden > most) {
    return "the network has " + std::to_string(network.layers[0].hidden) + " units; " + rung + " serves up to " +
           std::to_string(most);
  }
  if (const std::string why = why_not_heads(network, kTensorCandidates, rung); !why.empty()) return why;
  const TensorPlan smallest = tensor_plan(network, kTileColumns, kTileColumns, kOverlapForm, 1);
  if (smallest.bytes > limits.shared_bytes) {
    return "the network takes " + std::to_string(smallest.bytes) + " bytes of a block's shared memory; " + rung +
           " serves those that take " + std::to_string(limits.shared_bytes) + " at most";
  }
  return "";
}

}  // namespace kernels
