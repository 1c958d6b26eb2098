#include <CLI/CLI.hpp>

#include "app/generate/sampling_options.h"

namespace app {

void add_sampling_options(CLI::App& c, SamplingOptions& o) {
  c.add_option("--temperature", o.temperature, "divides the blended logits (default: the model's)");
  c.add_option("--top-k", o.top_k, "draw from the k likeliest pitches only");
  c.add_option("--top-p", o.top_p, "draw from the likeliest pitches with this much probability");
  c.add_flag("--greedy", o.greedy, "always take the likeliest pitch");
  c.add_option("--sampler", o.sampler, "inverse-cdf or gumbel");
  c.add_option("--alpha", o.alpha, "weight of the emotion score");
  c.add_option("--beta", o.beta, "weight of the network's logits");
  c.add_option("--modulation-sigma", o.modulation_sigma, "spread of the emotion's effect on step and duration");
  c.add_option("--modulation-draw", o.modulation_draw, "piece or note: draw it once, or anew for every note");
  c.add_option("--modulation-form", o.modulation_form, "folded or signed");
}

}  // namespace app
