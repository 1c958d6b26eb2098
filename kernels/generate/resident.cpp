#include "kernels/generate/resident.h"

#include <algorithm>
#include <cstdint>

#include "kernels/device/shape.h"
#include "kernels/generate/pieces.h"
#include "kernels/generate/places.h"

namespace kernels {
namespace {

constexpr int kRegisterCandidates = 128;  // as in choose.cu: beyond that choosing works in memory

int divided(int count, int each) { return (count + each - 1) / each; }
int rounded(int count, int each) { return divided(count, each) * each; }
bool aligned(const float* matrix, int stride) {
  return reinterpret_cast<std::uintptr_t>(matrix) % 16 == 0 && stride % 4 == 0;
}

/// Places in floats.
class FloatPlaces {
 public:
  template <class T>
  int of(std::int64_t count) {
    const std::int64_t floats = places_.of<T>(count) / static_cast<std::int64_t>(sizeof(float));
    return static_cast<int>(std::min<std::int64_t>(floats, INT32_MAX));
  }
  int floats(std::int64_t count) { return of<float>(count); }
  std::size_t bytes() const { return places_.bytes(); }

 private:
  Places places_;
};

void place_layer(ResidentLayer& at, const LayerView& layer, const ResidentPlan& plan, FloatPlaces& places) {
  at.units = rounded(divided(layer.hidden, plan.cluster), kFragmentRows);
  at.terms = rounded(layer.hidden, kFragmentTerms);
  at.terms_below = rounded(layer.below, kFragmentTerms);
  at.wide = aligned(layer.w_hh, layer.hidden);
  at.wide_below = aligned(layer.w_ih, layer.below);
  const std::int64_t rows = std::int64_t{kGateQuads} * at.units;
  at.w_hh = places.floats(rows * at.terms);
  at.w_ih = places.floats(rows * at.terms_below);
  at.bias = places.floats(rows);
  at.h = places.floats(2 * std::int64_t{plan.pieces} * at.terms);
  at.c = places.floats(std::int64_t{plan.pieces} * at.units);
}

void place_heads(ResidentPlan& plan, const NetworkView& network, FloatPlaces& places) {
  constexpr int kGroup = kHeadQuads * kFragmentRows;
  const std::int64_t pieces = plan.pieces;
  for (int i = 0; i < network.readout_count; ++i) {
    plan.outputs += network.readout[i].size;
    plan.wide_heads[i] = aligned(network.readout[i].weight, network.readout[i].terms);
  }
  plan.output_groups = divided(divided(plan.outputs, kGroup), plan.cluster);
  const std::int64_t outputs = std::int64_t{plan.output_groups} * kGroup;
  plan.w_heads = places.floats(outputs * plan.layers[network.layer_count - 1].terms);
  plan.output = places.of<HeadOutput>(outputs);
  plan.voices = places.of<VoiceView>(pieces);
  plan.readout = places.floats(pieces * network.readout_size);
  if (network.candidates <= kRegisterCandidates) return;
  plan.scratch_rows = divided(network.candidates, 32);
  const int choosers = std::min(plan.threads / 32, divided(plan.pieces, plan.cluster));
  plan.scratch = places.floats(std::int64_t{choosers} * 2 * plan.scratch_rows * 32);
}

/// Whether a larger cluster gives each warp less to do: each block still has rows for a warp on all four schedulers.
bool gains(const NetworkView& network, int cluster) {
  return divided(network.layers[0].hidden, cluster) >= 4 * kFragmentRows;
}

}  // namespace

ResidentPlan plan_of(const NetworkView& network, bool heads, const ResidentShape& shape) {
  ResidentPlan plan;
  plan.cluster = shape.cluster;
  plan.pieces = shape.pieces;
  plan.threads = shape.threads == 0 ? kResidentThreads : shape.threads;
  plan.heads = heads;
  FloatPlaces places;
  for (int l = 0; l < network.layer_count; ++l) place_layer(plan.layers[l], network.layers[l], plan, places);
  const int scaled = static_cast<int>(std::count_if(network.inputs, network.inputs + network.input_count,
                                                    [](const InputView& in) { return !in.table; }));
  plan.inputs = places.floats(std::int64_t{scaled} * kGateQuads * plan.layers[0].units);
  plan.ring = places.of<Played>(std::int64_t{plan.pieces} * network.window);
  plan.progress = places.of<Progress>(plan.pieces);
  plan.taken = places.of<int>(plan.pieces);
  if (heads) place_heads(plan, network, places);
  plan.bytes = places.bytes();
  return plan;
}

std::optional<ResidentPlan> fitting_plan(const NetworkView& network, bool heads, int rows, const DeviceLimits& limits,
                                         const ResidentShape& shape) {
  std::optional<ResidentPlan> best;
  for (const int pieces : kResidentPieces) {
    if (shape.pieces != 0 && pieces != shape.pieces) continue;
    const int groups = divided(rows, pieces);
    if (best && divided(rows, best->pieces) * best->cluster <= limits.multiprocessors) break;
    std::optional<ResidentPlan> found;
    for (const int cluster : kResidentClusters) {
      if (cluster > limits.cluster || (shape.cluster != 0 && cluster != shape.cluster)) continue;
      if (found && (groups * cluster > limits.multiprocessors || !gains(network, cluster))) break;
      const ResidentPlan plan = plan_of(network, heads, {cluster, pieces, shape.threads, 0});
      if (plan.bytes <= limits.shared_bytes) found = plan;
    }
    if (found) best = found;
  }
  return best;
}

}  // namespace kernels
