#include "app/generate/sampling_options.h"

#include <array>
#include <cstdio>

#include "app/glue/exit_codes.h"

namespace app {
namespace {

/// Bounds beyond which a number is a mistake and not a wish.
constexpr double kMostWeight = 1e6, kMostTemperature = 1000;

void check_ranges(const engine::Sampling& s, const SamplingOptions& o) {
  check_option("--temperature", s.temperature, s.temperature > 0 && s.temperature <= kMostTemperature,
               "above 0, at most 1000", "1 is the model's own distribution; --greedy takes the most probable note");
  check_option("--top-p", s.top_p, s.top_p > 0 && s.top_p <= 1, "above 0, at most 1",
               "--top-p 0.95 cuts the least probable twentieth");
  check_option("--top-k", s.top_k, s.top_k >= 0, "0 (off) or more", "--top-k 20 keeps the twenty likeliest notes");
  check_option("--alpha", s.alpha, s.alpha >= 0 && s.alpha <= kMostWeight, "0 to 1000000",
               "--alpha 0 leaves the emotion score out");
  check_option("--beta", s.beta, s.beta >= 0 && s.beta <= kMostWeight, "0 to 1000000",
               "--beta weighs the network's logits");
  const double sigma = o.modulation_sigma.value_or(0);
  check_option("--modulation-sigma", sigma, sigma >= 0 && sigma <= 1, "0 to 1",
               "0.1 is the seed's figure; 0 leaves step and duration alone");
  if (s.alpha == 0 && s.beta == 0) {
    refuse_option("--beta", "alpha and beta are both 0, which leaves nothing to choose by",
                  "--beta 1 is the network's own choice");
  }
}

}  // namespace

void refuse_option(const std::string& option, const std::string& why, const std::string& hint) {
  throw UsageError({"usage", option, why, hint});
}

void check_option(const std::string& option, double got, bool holds, const std::string& expected,
                  const std::string& hint) {
  if (holds) return;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%g", got);
  refuse_option(option, std::string("it is ") + text.data() + ", expected " + expected, hint);
}

engine::Sampling resolve_sampling(const SamplingOptions& o, engine::Sampling s) {
  s.temperature = o.temperature.value_or(s.temperature);
  s.top_p = o.top_p.value_or(s.top_p);
  s.top_k = o.top_k.value_or(s.top_k);
  s.alpha = o.alpha.value_or(s.alpha);
  s.beta = o.beta.value_or(s.beta);
  s.greedy = s.greedy || o.greedy;
  s.sigma_step = o.modulation_sigma.value_or(s.sigma_step);
  s.sigma_duration = o.modulation_sigma.value_or(s.sigma_duration);
  choose_option("--sampler", o.sampler, s.sampler,
                {{"inverse-cdf", engine::Sampler::inverse_cdf}, {"gumbel", engine::Sampler::gumbel}});
  choose_option("--modulation-draw", o.modulation_draw, s.draw,
                {{"piece", engine::ModulationDraw::piece}, {"note", engine::ModulationDraw::note}});
  choose_option("--modulation-form", o.modulation_form, s.form,
                {{"folded", engine::ModulationForm::folded}, {"signed", engine::ModulationForm::is_signed}});
  check_ranges(s, o);
  return s;
}

}  // namespace app
