#include "kernels/generate/tensor/clustered/plan.h"

#include <algorithm>

#include "kernels/device/shape.h"
#include "kernels/generate/choose.h"

namespace kernels {
namespace {

/// What a warp's list of matrices begins with: of its first tile W_hh and W_ih; where that is of the first layer, which
/// has no W_ih, then W_hh or the heads of its second tile. A matrix is held only if all warps that own tiles of it do.
HeldAs held_as(const ClusteredPlan& plan, int matrix, int layer_count) {
  const bool heads = matrix == kHeadsMatrix, own = heads || matrix == hh_matrix(matrix / 2);
  const int first = plan.first_number[heads ? layer_count : matrix / 2], end = first + plan.matrix[matrix].mine;
  if (end <= kSpreadWarps) return own ? HeldAs::first : HeldAs::second;
  const bool second_tiles = first >= kSpreadWarps && end <= kSpreadWarps + plan.first_number[1];
  return own && second_tiles ? HeldAs::second : HeldAs::none;
}

void hold_matrices(ClusteredPlan& plan, const NetworkView& network) {
  for (int l = 0; l < network.layer_count; ++l) {
    plan.first_number[l + 1] = plan.first_number[l] + plan.matrix[hh_matrix(l)].mine;
  }
  for (int m = 0; m < kSpreadMatrices; ++m) {
    SpreadMatrix& matrix = plan.matrix[m];
    if (matrix.tiles == 0) continue;
    plan.held_as[m] = held_as(plan, m, network.layer_count);
    const int most = plan.held_as[m] == HeldAs::first    ? kFirstHeld
                     : plan.held_as[m] == HeldAs::second ? kSecondHeld
                                                         : 0;
    matrix.held = std::min(matrix.pairs, most);
  }
}

void place_network(ClusteredPlan& plan, const NetworkView& network, Places& places) {
  for (SpreadMatrix& matrix : plan.matrix) {
    const std::int64_t spare = std::int64_t{matrix.mine} * (matrix.pairs - matrix.held);
    matrix.spare = static_cast<int>(places.of<std::uint16_t>(spare * 2 * 32 * 8));
  }
  for (int l = 0; l < network.layer_count; ++l) {
    const std::int64_t tiles = plan.matrix[hh_matrix(l)].mine, lanes = tiles * plan.tiles * 32;
    const int rows = 1 + (l == 0 ? scaled_inputs(network) : 0);
    plan.hidden[l] = static_cast<int>(places.of<std::uint16_t>(std::int64_t{plan.tiles} * kTileColumns * plan.stride));
    plan.before[l] = static_cast<int>(places.of<float>(4 * lanes));
    plan.c[l] = static_cast<int>(places.of<float>(lanes));
    plan.rows[l] = static_cast<int>(places.of<float>(rows * tiles * kUnitsOfQuad * 4));
  }
  plan.output = static_cast<int>(places.of<HeadOutput>(std::int64_t{plan.matrix[kHeadsMatrix].mine} * kHeadRows));
}

}  // namespace

ClusteredPlan clustered_plan(const NetworkView& network, int blocks, int pieces) {
  ClusteredPlan plan{dealt_out(network, blocks, pieces)};
  plan.cluster = blocks;
  hold_matrices(plan, network);
  Places places;
  plan.barriers = static_cast<int>(places.of<ClusteredBarriers>(1));
  place_network(plan, network, places);
  place_pieces(plan, network, places);
  plan.told = static_cast<int>(places.of<ToldNote>(pieces));
  plan.readout = static_cast<int>(places.of<float>(std::int64_t{plan.chosen_here()} * network.readout_size));
  plan.bytes = places.bytes();
  return plan;
}

int clustered_pieces(const NetworkView& network, int blocks, int rows) {
  const int states = network.carry ? 1 : network.window;
  int pieces = std::min(rows, kMostSpreadColumns / std::max(1, states));
  while (pieces > 0 && clustered_plan(network, blocks, pieces).bytes > kSharedLimit) --pieces;
  return pieces;
}

bool cluster_holds(const NetworkView& network, int blocks) {
  return spread_blocks(network, blocks) == blocks && clustered_pieces(network, blocks, 1) == 1;
}

std::string why_not_clustered(const NetworkView& network, int most_blocks, const std::string& rung) {
  if (const std::string why = why_not_heads(network, kMaxCandidates, rung); !why.empty()) return why;
  if (!network.carry && network.window > kMostSpreadColumns) {
    return "the window has " + std::to_string(network.window) + " notes; " + rung + " serves up to " +
           std::to_string(kMostSpreadColumns);
  }
  std::size_t fewest = 0;  // bytes
  for (const int blocks : kClusteredBlocks) {
    if (blocks > most_blocks) continue;
    if (cluster_holds(network, blocks)) return "";
    if (fewest == 0) fewest = clustered_plan(network, blocks, 1).bytes;
  }
  return "the network takes " + std::to_string(fewest) + " bytes in each block of a cluster of " +
         std::to_string(most_blocks) + "; " + rung + " on one cluster serves those that take " +
         std::to_string(kSharedLimit) + " at most";
}

}  // namespace kernels
