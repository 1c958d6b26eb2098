#include "engine/generate/voice.h"

#include <cmath>
#include <stdexcept>
#include <string>

#include "kernels/math/modulation.h"

namespace engine {
namespace {

void check(const Sampling& s) {
  const auto require = [](bool holds, const char* what) {
    if (!holds) throw std::invalid_argument(std::string("sampling: ") + what);
  };
  require(std::isfinite(s.temperature) && s.temperature > 0, "the temperature must be above 0");
  require(std::isfinite(s.alpha) && s.alpha >= 0, "alpha must be 0 or more");
  require(std::isfinite(s.beta) && s.beta >= 0, "beta must be 0 or more");
  require(s.top_p > 0 && s.top_p <= 1, "top-p must be above 0 and at most 1");
  require(std::isfinite(s.sigma_step) && s.sigma_step >= 0, "sigma must be 0 or more");
  require(std::isfinite(s.sigma_duration) && s.sigma_duration >= 0, "sigma must be 0 or more");
}

}  // namespace

int sign_of(double x) { return (x > 0) - (x < 0); }

double modulation_of(const Voice& voice, double sigma, std::uint32_t note, kernels::Purpose purpose) {
  const bool folded = voice.expression.sampling.form == ModulationForm::folded;
  return kernels::drawn_gamma(voice.key.seed, voice.key.index, note, purpose, sigma, folded);
}

Voice::Voice(const Expression& e, const PieceKey& k)
    : expression(e), key(k), label(sign_of(e.emotion.valence)), pace(sign_of(e.emotion.arousal)) {
  const Sampling& s = e.sampling;
  check(s);
  alpha = static_cast<float>(s.alpha / s.temperature);
  beta = static_cast<float>(s.beta / s.temperature);
  gamma = modulation_of(*this, s.sigma_step, 0, kernels::Purpose::kModulationStep);
  delta = modulation_of(*this, s.sigma_duration, 0, kernels::Purpose::kModulationDuration);
}

}  // namespace engine
