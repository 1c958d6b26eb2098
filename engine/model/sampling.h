// How a prediction becomes a played note: the options of semantics.md, "Choosing the pitch" and "Modulating".
#pragma once

namespace engine {

enum class Sampler { inverse_cdf, gumbel };
enum class ModulationDraw { piece, note };        ///< g and g' once per piece, or for every note
enum class ModulationForm { folded, is_signed };  ///< gamma = |1 - |g||, or 1 - |g| as the seed's text prints it

struct Sampling {
  double temperature = 1;  ///< > 0; logits' are divided by it
  double alpha = 0;        ///< weight of the emotion score, >= 0; 0 leaves the encloser out
  double beta = 1;         ///< weight of the logits, >= 0
  int top_k = 0;           ///< keep the k most probable candidates; 0 keeps all
  double top_p = 1;        ///< keep the smallest set with this much probability, in (0, 1]
  bool greedy = false;     ///< take the most probable candidate
  Sampler sampler = Sampler::inverse_cdf;
  double sigma_step = 0.1;      ///< deviation of g, >= 0
  double sigma_duration = 0.1;  ///< deviation of g', >= 0
  ModulationDraw draw = ModulationDraw::piece;
  ModulationForm form = ModulationForm::folded;
  friend bool operator==(const Sampling&, const Sampling&) = default;
};

}  // namespace engine
