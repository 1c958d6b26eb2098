#include "engine/generate/cpu/chooser.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "engine/generate/checks.h"
#include "kernels/cpu/draw.h"
#include "kernels/math/modulation.h"
#include "kernels/math/philox.h"

namespace engine::cpu {
namespace {

/// Squared distance of a spread to a cluster's centre, all in scaled space.
double squared_gap(const Clusters& clusters, const Features& centre, const kernels::Spread& spread, int first) {
  const double features[3] = {spread.mean, spread.highest, spread.deviation};
  double sum = 0;
  for (int f = 0; f < 3; ++f) {
    const double gap = (features[f] - clusters.mean[first + f]) / clusters.deviation[first + f] - centre[first + f];
    sum += gap * gap;
  }
  return sum;
}

}  // namespace

Chooser::Chooser(const Network& network, const std::optional<Clusters>& clusters)
    : network_(network), clusters_(clusters) {
  const auto padded = static_cast<std::size_t>(network.padded_candidates());
  scores_.resize(padded);
  blended_.resize(padded);
  weights_.resize(padded);
  order_.resize(padded);
  sums_.resize(padded / network.steps().lanes);
  blend_.count = network.candidates();
  blend_.padded = network.padded_candidates();
  if (!clusters_) return;
  constexpr int kPitch = 6;  // the first of the pitch features
  for (int f = 0; f < 3; ++f) blend_.inverse[f] = static_cast<float>(1 / clusters_->deviation[kPitch + f]);
}

void Chooser::fill_scores(const Piece& piece, int label, const Prediction& predicted) {
  const Clusters& clusters = *clusters_;
  const int count = piece.window_notes();
  const kernels::Spread steps = network_.steps().spread(piece.steps(), count, predicted.step);
  const kernels::Spread durations = network_.steps().spread(piece.durations(), count, predicted.duration);
  const Features* centres[2] = {label > 0 ? &clusters.happy : &clusters.sad,
                                label > 0 ? &clusters.sad : &clusters.happy};
  for (int c = 0; c < 2; ++c) {
    blend_.shared[c] = static_cast<float>(squared_gap(clusters, *centres[c], steps, 0) +
                                          squared_gap(clusters, *centres[c], durations, 3));
    for (int f = 0; f < 3; ++f) {
      const int at = 6 + f;
      blend_.offset[c][f] = static_cast<float>(clusters.mean[at] / clusters.deviation[at] + (*centres[c])[at]);
    }
  }
  const std::int64_t sum = piece.pitch_sum(), squares = piece.pitch_squares();
  const std::int64_t origin = count == 0 ? 0 : (2 * sum + count) / (2 * count);
  const auto highest = std::max_element(piece.pitches().begin(), piece.pitches().begin() + count);
  blend_.notes = static_cast<float>(count);
  blend_.origin = static_cast<float>(origin);
  blend_.shifted_sum = static_cast<float>(sum - count * origin);
  blend_.shifted_squares = static_cast<float>(squares - 2 * origin * sum + count * origin * origin);
  blend_.highest = count == 0 ? -1.0f : static_cast<float>(*highest);
  network_.steps().score(blend_, scores_.data());
}

int Chooser::draw_gumbel(const Voice& voice, std::uint32_t note) {
  const auto candidates = static_cast<std::uint32_t>(blend_.count);
  for (std::uint32_t i = 0; i < candidates; ++i) {
    const auto words =
        kernels::random_words(voice.key.seed, voice.key.index, note * candidates + i, kernels::Purpose::kGumbel);
    const double noise = -std::log(-std::log(kernels::uniform(words.w[0])));
    blended_[i] = weights_[i] > 0 ? static_cast<float>(blended_[i] + noise) : -std::numeric_limits<float>::infinity();
  }
  return kernels::arg_max(blended_);
}

int Chooser::draw(const Voice& voice, std::uint32_t note, double& u) {
  const Sampling& s = voice.expression.sampling;
  const bool cut = s.top_k > 0 || s.top_p < 1;
  if (cut) kernels::cut_tail(weights_, total_, s.top_k, s.top_p, order_);
  if (s.greedy) return kernels::arg_max(blended_);
  if (s.sampler == Sampler::gumbel) return draw_gumbel(voice, note);
  u = kernels::uniform(kernels::random_words(voice.key.seed, voice.key.index, note, kernels::Purpose::kPitch).w[0]);
  if (!cut) return kernels::draw_inverse_cdf(weights_, sums_, total_, u);
  double kept = 0;
  const std::size_t lanes = weights_.size() / sums_.size();
  for (std::size_t b = 0; b < sums_.size(); ++b) {
    double part = 0;
    for (std::size_t i = b * lanes; i < (b + 1) * lanes; ++i) part += weights_[i];
    sums_[b] = static_cast<float>(part);
    kept += sums_[b];
  }
  return kernels::draw_inverse_cdf(weights_, sums_, kept, u);
}

void Chooser::fill_trace(NoteTrace& trace) const {
  trace.logits.assign(blend_.logits, blend_.logits + blend_.count);
  trace.scores.assign(scores_.begin(), blend_.with_scores ? scores_.begin() + blend_.count : scores_.begin());
  trace.probabilities.resize(static_cast<std::size_t>(blend_.count));
  for (int i = 0; i < blend_.count; ++i) trace.probabilities[i] = static_cast<float>(weights_[i] / total_);
}

void Chooser::weigh(const Piece& piece, const Voice& voice, const Prediction& predicted) {
  blend_.alpha = voice.alpha;
  blend_.beta = voice.beta;
  blend_.with_scores = clusters_.has_value() && voice.label != 0 && voice.expression.sampling.alpha > 0;
  if (blend_.with_scores) fill_scores(piece, voice.label, predicted);
  const kernels::BlendResult blend = network_.steps().blend(blend_, scores_.data(), blended_.data());
  if (!blend.finite || !std::isfinite(blend.highest)) refuse_output(predicted.note, "pitch logits are");
  total_ = network_.steps().soft_max(blended_.data(), blend_.padded, blend.highest, weights_.data(), sums_.data());
}

Note Chooser::choose(const Piece& piece, const Voice& voice, std::uint32_t note, NoteTrace* trace) {
  const Sampling& s = voice.expression.sampling;
  const float* readout = piece.readout();
  const float step = readout[network_.step_at()], duration = readout[network_.duration_at()];
  if (!std::isfinite(step) || !std::isfinite(duration)) refuse_output(note, "step or duration is");
  const Prediction predicted{note, std::max(step, 0.0f), std::max(duration, 0.0f)};
  blend_.logits = readout + network_.logits_at();
  weigh(piece, voice, predicted);

  double gamma = voice.gamma, delta = voice.delta;
  if (s.draw == ModulationDraw::note) {
    gamma = modulation_of(voice, s.sigma_step, note, kernels::Purpose::kModulationStep);
    delta = modulation_of(voice, s.sigma_duration, note, kernels::Purpose::kModulationDuration);
  }
  double u = std::numeric_limits<double>::quiet_NaN();
  const int pitch = draw(voice, note, u);
  if (trace != nullptr) {
    fill_trace(*trace);
    trace->u = u;
    trace->step_predicted = predicted.step;
    trace->duration_predicted = predicted.duration;
    trace->gamma = gamma;
    trace->delta = delta;
  }
  return {.step_s = static_cast<float>(kernels::modulated(predicted.step, voice.pace, gamma)),
          .duration_s = static_cast<float>(kernels::modulated(predicted.duration, voice.pace, delta)),
          .pitch = static_cast<std::uint8_t>(pitch),
          .program = voice.expression.program};
}

}  // namespace engine::cpu
