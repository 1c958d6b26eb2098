#include "tests/kernels/generate/cpu_choice.h"

#include <algorithm>
#include <cstddef>

#include "engine/generate/cpu/chooser.h"
#include "tests/support/tiny_models.h"

namespace kernels {
namespace {

engine::Clusters clusters_of(const ClustersView& view) {
  engine::Clusters clusters;
  for (std::size_t f = 0; f < 9; ++f) {
    clusters.sad[f] = view.centre[0][f];
    clusters.happy[f] = view.centre[1][f];
    clusters.mean[f] = view.mean[f];
    clusters.deviation[f] = 1 / double{view.inverse[f]};
  }
  return clusters;
}

engine::Expression expression_of(const VoiceView& voice) {
  engine::Expression expression;
  expression.emotion = {static_cast<double>(voice.label), 0};
  engine::Sampling& s = expression.sampling;
  s.alpha = voice.alpha;  // at temperature 1 they are already divided by it
  s.beta = voice.beta;
  s.top_k = voice.top_k;
  s.top_p = voice.top_p;
  s.greedy = voice.greedy != 0;
  s.sampler = voice.gumbel != 0 ? engine::Sampler::gumbel : engine::Sampler::inverse_cdf;
  return expression;
}

}  // namespace

int cpu_choice(const ChooseOp& op, int slot) {
  const NetworkView& view = op.network;
  const engine::Model model = support::tiny_model(support::tiny_spec({1}, view.window, view.candidates));
  const engine::cpu::Network network(model, engine::WeightFormat::fp32);
  const engine::cpu::PieceLayout layout(network, engine::StateMode::carry);
  engine::cpu::Piece piece(layout);
  piece.clear();
  const Progress& progress = op.pieces.progress[slot];
  const auto notes = std::min<std::int64_t>(progress.consumed, view.window);
  for (std::int64_t n = 0; n < notes; ++n) {
    const Played& played = op.pieces.window[std::int64_t{slot} * view.window + n];
    piece.remember(
        {.step_s = played.step, .duration_s = played.duration, .pitch = static_cast<std::uint8_t>(played.pitch)});
    piece.commit();
  }
  const float* from = op.pieces.readout + std::int64_t{slot} * view.readout_size;
  float* to = piece.readout();
  std::copy_n(from + view.logits_at, view.candidates, to + network.logits_at());
  to[network.step_at()] = from[view.step_at];
  to[network.duration_at()] = from[view.duration_at];
  const VoiceView& voice = op.pieces.voices[slot];
  engine::cpu::Chooser chooser(network, clusters_of(op.clusters));
  const engine::Voice voiced(expression_of(voice), {voice.seed, voice.index});
  return chooser.choose(piece, voiced, progress.written, nullptr).pitch;
}

}  // namespace kernels
