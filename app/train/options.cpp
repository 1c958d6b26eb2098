#include "app/train/options.h"

#include <charconv>

#include "app/glue/exit_codes.h"
#include "engine/model/presets.h"

namespace app {
namespace {

[[noreturn]] void refuse(const std::string& option, const std::string& why, const std::string& hint) {
  throw UsageError({"usage", option, why, hint});
}

engine::ModelSpec preset_spec(const std::string& name) {
  const auto spec = engine::find_preset(name);
  if (spec) return *spec;
  std::string names;
  for (const std::string& known : engine::preset_names()) names += (names.empty() ? "" : ", ") + known;
  refuse("--preset", "there is no preset '" + name + "'", "the presets are: " + names);
}

void set_loss_weight(engine::ModelSpec& spec, const std::string& text) {
  const std::size_t equals = text.find('=');
  double weight = -1;
  if (equals != std::string::npos) std::from_chars(text.data() + equals + 1, text.data() + text.size(), weight);
  for (engine::HeadSpec& head : spec.heads) {
    if (equals != std::string::npos && head.name == text.substr(0, equals) && weight >= 0) {
      head.loss_weight = weight;
      return;
    }
  }
  refuse("--loss-weight", "it is '" + text + "', expected HEAD=WEIGHT with a weight of 0 or more",
         "--loss-weight pitch=1 --loss-weight step=10 --loss-weight duration=1");
}

}  // namespace

trainer::TrainOptions resolve_train_options(const TrainCommand& c) {
  if (c.output.empty()) refuse("-o", "the trained model needs a file to go to", "-o my-model.safetensors");
  if (c.data.empty()) refuse("--data", "there is nothing to learn from", "--data FOLDER with MIDI files");
  if (c.device != "auto" && c.device != "cpu") {
    if (c.device == "cuda") {
      throw DeviceError(
          {"train", "--device cuda", "this version trains on the CPU; the GPU comes later", "use --device cpu"});
    }
    refuse("--device", "it is '" + c.device + "', expected auto or cpu", "auto takes what is there");
  }
  if (c.split.empty() && !(c.validation_fraction > 0 && c.validation_fraction < 1)) {
    refuse("--validation", "it must lie between 0 and 1", "0.1 keeps a tenth of the pieces to validate on");
  }
  trainer::TrainOptions options = c.train;
  options.spec = preset_spec(c.preset);
  if (!c.hidden.empty()) options.spec.lstm = c.hidden;
  for (const std::string& weight : c.loss_weights) set_loss_weight(options.spec, weight);
  if (c.loss == "last") {
    options.positions = trainer::LossPositions::last;
    options.length = c.length.value_or(options.spec.window);
  } else if (c.loss == "every") {
    options.positions = trainer::LossPositions::every;
    options.length = c.length.value_or(options.length);
  } else {
    refuse("--loss", "it is '" + c.loss + "', expected last or every",
           "every counts the prediction after each note of a sequence");
  }
  options.max_seconds = c.max_minutes * 60;
  try {
    engine::check_spec(options.spec, "the preset with these options");
    trainer::check_options(options);
  } catch (const engine::ModelError& error) {
    refuse(error.problem().where, error.problem().why, "affetto train --help shows the options");
  } catch (const std::invalid_argument& error) {
    refuse("options", error.what(), "affetto train --help shows the options");
  }
  return options;
}

}  // namespace app
