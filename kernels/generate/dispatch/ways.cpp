#include "kernels/generate/dispatch/ways.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "kernels/generate/resident.h"
#include "kernels/generate/tensor/clustered/plan.h"
#include "kernels/generate/tensor/plan.h"

namespace kernels {
namespace {

constexpr TileChoice kTiles[] = {TileChoice::few, TileChoice::many, TileChoice::wide};
/// Replays of fewer pieces, by launches, leave most multiprocessors idle at each of their W steps; by estimate.
constexpr int kStaggeredPieces = 1024;

/// A multiprocessor cluster of the GPU (a GPC), of up to so many multiprocessors, holds one thread block cluster of 16.
constexpr int kMultiprocessorsOfGpc = 18, kBlocksOfGpc = 16;
/// Beyond so many columns launches of a note are faster than one cluster's kernel (performance.md, section 2.4).
constexpr int kMostClusteredColumns = 1000;

/// Networks on chip in fp32: kernels of any shape that fits.
void add_resident(std::vector<Way>& ways, Fusion fusion, const NetworkView& network, const DeviceLimits& limits) {
  for (const int cluster : kResidentClusters) {
    for (const int pieces : kResidentPieces) {
      const bool heads = fusion != Fusion::window;
      if (cluster <= limits.cluster &&
          fitting_plan(network, heads, 1, limits, {.cluster = cluster, .pieces = pieces})) {
        ways.push_back({fusion, pieces, cluster});
      }
    }
  }
}

/// In 16 bits, a piece for each column.
void add_columns(std::vector<Way>& ways, Fusion fusion, const TensorForm& form, const NetworkView& network,
                 const DeviceLimits& limits) {
  for (int pieces = kTileColumns; pieces <= kMostTensorPieces; pieces *= 2) {
    const TensorPlan plan = tensor_loop_plan(network, pieces, limits, form, pieces);
    if (plan.bytes <= limits.shared_bytes) ways.push_back({fusion, pieces});
  }
}

void add_tiles(std::vector<Way>& ways, Fusion fusion, Precision precision) {
  for (const TileChoice tile : kTiles) {
    if (precision == Precision::fp32 && tile == TileChoice::wide) continue;  // cell.h: few and many
    ways.push_back({fusion, 0, 0, tile});
  }
}

std::vector<Way> ways_on_chip(const NetworkView& network, const DeviceLimits& limits) {
  std::vector<Way> ways;
  add_columns(ways, Fusion::loop, kLoopForm, network, limits);
  if (network.carry) {
    add_columns(ways, Fusion::overlap, kOverlapForm, network, limits);
    return ways;
  }
  if (staggered_fits(network, 1, limits)) ways.push_back({Fusion::staggered});
  for (const int cluster : kStateClusters) {
    if (staggered_fits(network, cluster, limits)) ways.push_back({Fusion::cluster, 0, cluster});
  }
  return ways;
}

/// Carry: while a block has no more pieces than a tile has columns, its choosers keep up with its products. Windows:
/// staggered states take a block, or a cluster, for each piece, and repay that while every piece has one; a replay of
/// many pieces fills its tiles better.
WaySteps estimated_on_chip(const NetworkView& network, const DeviceLimits& limits) {
  if (network.carry)
    return {{kTileColumns * limits.multiprocessors, {Fusion::overlap}}, {WayStep::kAll, {Fusion::loop}}};
  WaySteps steps;
  const int cluster = suited_cluster(network.window);
  if (limits.multiprocessors >= cluster && staggered_fits(network, cluster, limits)) {
    steps.push_back({limits.multiprocessors / cluster, {Fusion::cluster, 0, cluster}});
  }
  if (staggered_fits(network, 1, limits)) steps.push_back({limits.multiprocessors, {Fusion::staggered}});
  steps.push_back({WayStep::kAll, {Fusion::loop}});
  return steps;
}

/// What no block holds and one cluster does.
bool one_cluster_holds(const NetworkView& network, const DeviceLimits& limits) {
  return limits.cluster > 1 && limits.shared_bytes >= kSharedLimit &&
         !why_not_tensor(network, DeviceLimits{}, "").empty() &&
         why_not_clustered(network, kClusteredBlocks[0], "").empty();
}

/// Pieces that all clusters hold at once: a second group doubles what a note takes, where launches of more columns take
/// little more.
int estimated_clustered_pieces(const NetworkView& network, const DeviceLimits& limits) {
  const int columns = network.carry ? 1 : network.window;
  for (const int blocks : kClusteredBlocks) {
    if (!cluster_holds(network, blocks)) continue;
    const int clusters = std::max(1, limits.multiprocessors / kMultiprocessorsOfGpc * (kBlocksOfGpc / blocks));
    return std::min(clusters * clustered_pieces(network, blocks, kMostClusteredColumns),
                    kMostClusteredColumns / columns);
  }
  return 0;
}

WaySteps estimated_by_launches(const NetworkView& network, const DeviceLimits& limits) {
  WaySteps steps;
  int before = 0;
  if (one_cluster_holds(network, limits)) {
    before = estimated_clustered_pieces(network, limits);
    steps.push_back({before, {clustered_fusion(network)}});
  }
  if (!network.carry && kStaggeredPieces > before) steps.push_back({kStaggeredPieces, {Fusion::staggered}});
  steps.push_back({WayStep::kAll, {Fusion::cell}});
  return steps;
}

/// The way with no size given that it stands for: the rung's own rule takes one that serves.
bool serves(const Way& way, const std::vector<Way>& all) {
  return std::any_of(all.begin(), all.end(), [&](const Way& one) {
    return one.fusion == way.fusion && (way.pieces == 0 || way.pieces == one.pieces) &&
           (way.cluster == 0 || way.cluster == one.cluster) &&
           (way.tile == TileChoice::by_rows || way.tile == one.tile);
  });
}

/// A class's rows of the table.
std::span<const TunedWay> class_at(std::span<const TunedWay> ways, std::size_t first) {
  std::size_t end = first + 1;
  while (end < ways.size() && ways[end].network == ways[first].network) ++end;
  return ways.subspan(first, end - first);
}

/// Empty: none serves.
std::span<const TunedWay> nearest_class(const TunedTable& table, const NetworkClass& wanted,
                                        const std::vector<Way>& all) {
  std::span<const TunedWay> best;
  for (std::size_t at = 0; at < table.ways.size();) {
    const auto rows = class_at(table.ways, at);
    at += rows.size();
    const bool served =
        std::all_of(rows.begin(), rows.end(), [&](const TunedWay& r) { return serves(r.step.way, all); });
    const double apart = distance(rows.front().network, wanted);
    if (!served || apart == std::numeric_limits<double>::infinity()) continue;
    if (best.empty() || apart < distance(best.front().network, wanted)) best = rows;
  }
  return best;
}

}  // namespace

std::vector<Way> ways_of(Fusion family, const NetworkView& network, Precision precision, const DeviceLimits& limits) {
  std::vector<Way> ways;
  if (precision != Precision::fp32) {
    if (family == Fusion::loop) return ways_on_chip(network, limits);
    add_tiles(ways, Fusion::cell, precision);
    if (!network.carry) add_tiles(ways, Fusion::staggered, precision);
    if (one_cluster_holds(network, limits)) ways.push_back({clustered_fusion(network)});
    return ways;
  }
  if (family == Fusion::cell) {
    add_tiles(ways, family, precision);
  } else if (family == Fusion::loop || family == Fusion::window) {
    add_resident(ways, family, network, limits);
  } else {
    ways.push_back({family});
  }
  return ways;
}

WaySteps estimated_steps(Fusion family, const NetworkView& network, Precision precision, const DeviceLimits& limits) {
  if (precision == Precision::fp32) return {{WayStep::kAll, {family}}};
  if (family == Fusion::loop) return estimated_on_chip(network, limits);
  return estimated_by_launches(network, limits);
}

Ways::Ways(Fusion family, const NetworkView& network, Precision precision, const DeviceLimits& limits,
           const TunedTable* table)
    : family_(family) {
  std::span<const TunedWay> rows;
  if (table != nullptr) {
    rows = nearest_class(*table, class_of(network, precision), ways_of(family, network, precision, limits));
  }
  for (const TunedWay& row : rows) steps_.push_back(row.step);
  if (rows.empty()) {
    steps_ = estimated_steps(family, network, precision, limits);
  } else {
    steps_.back().most_pieces = WayStep::kAll;
    tuned_ = &rows.front().network;
  }
}

Ways::Ways(const Way& only, Fusion family, const NetworkView& network, Precision precision, const DeviceLimits& limits)
    : family_(family), steps_{{WayStep::kAll, only}} {
  if (!serves(only, ways_of(family, network, precision, limits))) {
    throw std::invalid_argument(text_of(only) + ": no way to compute " + text_of(class_of(network, precision)) +
                                " with the bits of rung " + name_of(family));
  }
}

Ways Ways::without(Fusion fusion) const {
  Ways rest = *this;
  std::erase_if(rest.steps_, [&](const WayStep& s) { return s.way.fusion == fusion; });
  if (rest.steps_.empty()) rest.steps_.push_back({WayStep::kAll, {family_}});
  rest.steps_.back().most_pieces = WayStep::kAll;
  return rest;
}

const Way& Ways::at(int pieces) const {
  const auto step =
      std::find_if(steps_.begin(), steps_.end() - 1, [&](const WayStep& s) { return pieces <= s.most_pieces; });
  return step->way;
}

int Ways::most_pieces(Fusion fusion, int slots) const {
  int most = 0, before = 0;
  for (const WayStep& step : steps_) {
    if (step.way.fusion == fusion && before < slots) most = std::min(step.most_pieces, slots);
    before = step.most_pieces;
  }
  return most;
}

}  // namespace kernels
