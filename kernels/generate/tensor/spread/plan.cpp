#include "kernels/generate/tensor/spread/plan.h"

#include <algorithm>
#include <cstdint>

#include "kernels/device/shape.h"
#include "kernels/generate/choose.h"

namespace kernels {
namespace {

int divided(int count, int each) { return (count + each - 1) / each; }
int quads_of(const LayerView& layer) { return divided(layer.hidden, kUnitsOfQuad); }
int pairs_of(const LayerView& layer) { return divided(layer.hidden, kPairTerms); }

const LayerView& largest_layer(const NetworkView& network) {
  return *std::max_element(network.layers, network.layers + network.layer_count,
                           [](const LayerView& a, const LayerView& b) { return a.hidden < b.hidden; });
}

void plan_matrices(SpreadPlan& plan, const NetworkView& network) {
  for (int l = 0; l < network.layer_count; ++l) {
    const LayerView& layer = network.layers[l];
    plan.matrix[hh_matrix(l)] = {.tiles = quads_of(layer), .pairs = pairs_of(layer)};
    if (l > 0) plan.matrix[ih_matrix(l)] = {.tiles = quads_of(layer), .pairs = pairs_of(network.layers[l - 1])};
  }
  plan.matrix[kHeadsMatrix] = {.tiles = divided(plan.outputs, kHeadRows),
                               .pairs = pairs_of(network.layers[network.layer_count - 1])};
  for (int m = 0; m < kSpreadMatrices; ++m) {
    plan.matrix[m].mine = divided(plan.matrix[m].tiles, plan.blocks);
  }
}

/// What grows with the weights, and with the columns of a layer.
void place_network(SpreadPlan& plan, const NetworkView& network, Places& places) {
  for (SpreadMatrix& matrix : plan.matrix) {
    const int spare = std::max(0, matrix.mine * matrix.pairs - matrix.held);
    matrix.spare = static_cast<int>(places.of<std::uint16_t>(std::int64_t{spare} * 2 * 32 * 8));
  }
  for (int l = 0; l < network.layer_count; ++l) {
    const std::int64_t quads = plan.matrix[hh_matrix(l)].mine, lanes = quads * plan.tiles * 32;
    const int rows = 1 + (l == 0 ? scaled_inputs(network) : 0);
    plan.before[l] = static_cast<int>(places.of<float>(4 * lanes));
    plan.c[l] = static_cast<int>(places.of<float>(lanes));
    plan.own[l] = static_cast<int>(places.of<std::uint16_t>(lanes));
    plan.rows[l] = static_cast<int>(places.of<float>(rows * quads * kUnitsOfQuad * 4));
  }
  plan.output = static_cast<int>(places.of<HeadOutput>(std::int64_t{plan.matrix[kHeadsMatrix].mine} * kHeadRows));
}

}  // namespace

int spread_blocks(const NetworkView& network, int most) {
  const int quads = quads_of(largest_layer(network));
  return divided(quads, divided(quads, most));
}

int scaled_inputs(const NetworkView& network) {
  int scaled = 0;
  for (int i = 0; i < network.input_count; ++i) scaled += network.inputs[i].table ? 0 : 1;
  return scaled;
}

SpreadPlan dealt_out(const NetworkView& network, int blocks, int pieces) {
  SpreadPlan plan;
  plan.blocks = blocks;
  plan.pieces = pieces;
  plan.states = network.carry ? 1 : network.window;
  plan.tiles = divided(plan.columns(), kTileColumns);
  plan.stride = pairs_of(largest_layer(network)) * kPairTerms + 8;
  for (int i = 0; i < network.readout_count; ++i) plan.outputs += network.readout[i].size;
  plan.choosers = std::min(kSpreadWarps, divided(pieces, plan.blocks));
  plan.scratch_rows = network.candidates <= kTensorCandidates ? 0 : divided(network.candidates, 32);
  plan_matrices(plan, network);
  return plan;
}

void place_pieces(SpreadPlan& plan, const NetworkView& network, Places& places) {
  plan.heard = static_cast<int>(places.of<HeardNote>(plan.pieces));
  plan.progress = static_cast<int>(places.of<Progress>(plan.pieces));
  plan.past = static_cast<int>(places.of<Played>(network.carry ? 0 : plan.columns()));
  plan.scratch = static_cast<int>(places.of<float>(std::int64_t{plan.choosers} * 2 * plan.scratch_rows * 32));
}

SpreadPlan spread_plan(const NetworkView& network, int blocks, int pieces) {
  SpreadPlan plan = dealt_out(network, spread_blocks(network, blocks), pieces);
  for (int m = 0; m < kHeldMatrices; ++m) {
    plan.matrix[m].held = std::min(plan.matrix[m].pairs, kHeldPairs * kSpreadWarps);
  }
  Places places;
  plan.h = static_cast<int>(places.of<std::uint16_t>(std::int64_t{plan.tiles} * kTileColumns * plan.stride));
  plan.partial = static_cast<int>(places.of<float>(kSpreadWarps * kPartialTiles * 32 * 4));
  place_network(plan, network, places);
  place_pieces(plan, network, places);
  plan.readout = static_cast<int>(places.of<float>(std::int64_t{plan.choosers} * network.readout_size));
  plan.bytes = places.bytes();
  return plan;
}

int spread_pieces(const NetworkView& network, int blocks, int rows, std::size_t shared_limit) {
  const int states = network.carry ? 1 : network.window;
  int pieces = std::min(rows, kMostSpreadColumns / std::max(1, states));
  while (pieces > 0 && spread_plan(network, blocks, pieces).bytes > shared_limit) --pieces;
  return pieces;
}

std::string why_not_spread(const NetworkView& network, int blocks, const std::string& rung, std::size_t shared_limit) {
  if (const std::string why = why_not_heads(network, kMaxCandidates, rung); !why.empty()) return why;
  if (!network.carry && network.window > kMostSpreadColumns) {
    return "the window has " + std::to_string(network.window) + " notes; " + rung + " serves up to " +
           std::to_string(kMostSpreadColumns);
  }
  if (spread_pieces(network, blocks, 1, shared_limit) == 1) return "";
  const SpreadPlan plan = spread_plan(network, blocks, 1);
  return "the network takes " + std::to_string(plan.bytes) + " bytes in each of " + std::to_string(plan.blocks) +
         " blocks' shared memory; " + rung + " serves those that take " + std::to_string(shared_limit) + " at most";
}

}  // namespace kernels
