#include "engine/model/presets.h"

namespace engine {

ModelSpec seed_spec() {
  constexpr int kPitches = 128;
  ModelSpec spec;
  spec.name = "seed";
  spec.inputs = {{.field = Field::pitch, .encoding = Encoding::scaled, .scale = 1.0 / kPitches},
                 {.field = Field::step},
                 {.field = Field::duration}};
  spec.lstm = {128};
  // The seed weighs pitch at 0.05: its squared errors are of the order of 0.1 to 1, its cross-entropy of 4.
  spec.heads = {{.name = "pitch",
                 .field = Field::pitch,
                 .size = kPitches,
                 .distribution = Distribution::categorical,
                 .loss_weight = 0.05},
                {.name = "step", .field = Field::step},
                {.name = "duration", .field = Field::duration}};
  spec.window = 25;
  spec.state = StateMode::window;
  spec.sampling = {.temperature = 2, .alpha = 0.5, .beta = 0.5};
  return spec;
}

std::optional<ModelSpec> find_preset(const std::string& name) {
  if (name == "seed") return seed_spec();
  return std::nullopt;
}

std::vector<std::string> preset_names() { return {"seed"}; }

}  // namespace engine
