#include "app/generate/recipe.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/glue/exit_codes.h"
#include "engine/data/json_depth.h"
#include "engine/data/notes.h"
#include "io/errors.h"
#include "io/files/sha256.h"

namespace app {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;

/// The shortest text that reads back as the same float, also by way of a double.
std::string number(float value) {
  std::array<char, 40> text{};
  const auto shortest = std::to_chars(text.data(), text.data() + text.size(), value);
  double back = 0;
  std::from_chars(text.data(), shortest.ptr, back);
  if (static_cast<float>(back) == value) return std::string(text.data(), shortest.ptr);
  const auto exact = std::to_chars(text.data(), text.data() + text.size(), static_cast<double>(value));
  return std::string(text.data(), exact.ptr);
}

std::string notes_text(const std::vector<engine::Note>& notes) {
  std::string text = "[";
  for (const engine::Note& n : notes) {
    if (text.size() > 1) text += ',';
    text += '[' + std::to_string(n.pitch) + ',' + number(n.step_s) + ',' + number(n.duration_s) + ',' +
            std::to_string(n.velocity) + ',' + std::to_string(n.program) + ']';
  }
  return text + "]";
}

std::string primer_text(const std::vector<engine::Note>& primer) {
  const std::string notes = notes_text(primer);
  if (primer.size() <= kMostPrimerNotes) return R"({"notes":)" + notes + "}";
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(notes.data());
  return Json{{"count", primer.size()}, {"sha256", io::sha256_hex({bytes, notes.size()})}}.dump();
}

const char* state_name(engine::StateMode state) { return state == engine::StateMode::carry ? "carry" : "window"; }

engine::Note read_note(const Json& json) {
  if (!json.is_array() || json.size() != 5) throw std::invalid_argument("a primer note needs five numbers");
  const auto small = [&](std::size_t i) {
    const int value = json[i].get<int>();
    if (value < 0 || value > 127)
      throw std::invalid_argument("a primer note's pitch, velocity or program is not in 0 to 127");
    return static_cast<std::uint8_t>(value);
  };
  const auto seconds = [&](std::size_t i) {
    const auto value = static_cast<float>(json[i].get<double>());
    if (!std::isfinite(value) || value < 0)
      throw std::invalid_argument("a primer note's step or duration is not a time");
    return value;
  };
  return {.step_s = seconds(1), .duration_s = seconds(2), .pitch = small(0), .velocity = small(3), .program = small(4)};
}

Recipe read_recipe(const std::string& text, const std::string& name) {
  engine::require_shallow_json(text);
  const Json json = Json::parse(text);
  if (json.at("version").get<int>() != kVersion)
    throw std::invalid_argument("it is of version " + json.at("version").dump());
  Recipe recipe;
  recipe.json = text;
  recipe.model_sha256 = json.at("model").get<std::string>();
  recipe.clusters_sha256 = json.value("clusters", "");
  recipe.expression.emotion = {json.at("emotion").at(0).get<double>(), json.at("emotion").at(1).get<double>()};
  recipe.expression.sampling = engine::parse_sampling(json.at("sampling").dump(), name);
  recipe.expression.program = static_cast<std::uint8_t>(json.at("instrument").get<int>() & 127);
  recipe.state = json.at("state") == "carry" ? engine::StateMode::carry : engine::StateMode::window;
  recipe.seed = json.at("seed").get<std::uint64_t>();
  recipe.index = json.at("index").get<std::uint64_t>();
  recipe.notes = json.at("notes").get<int>();
  if (recipe.notes < 1) throw std::invalid_argument("it asks for " + std::to_string(recipe.notes) + " notes");
  recipe.with_primer = json.at("with_primer").get<bool>();
  recipe.isa = json.at("isa").get<std::string>();
  recipe.computing.device = json.at("device").get<std::string>();
  recipe.computing.precision = json.at("precision").get<std::string>();
  recipe.computing.fusion = json.value("fusion", "");  // absent from recipes of the CPU's time
  recipe.bpm = json.at("bpm").get<double>();
  if (!(recipe.bpm > 1 && recipe.bpm < 10000)) throw std::invalid_argument("its tempo is " + json.at("bpm").dump());
  const Json& primer = json.at("primer");
  if (primer.contains("notes")) {
    for (const Json& note : primer.at("notes")) recipe.primer.push_back(read_note(note));
  } else {
    recipe.primer_sha256 = primer.at("sha256").get<std::string>();
  }
  return recipe;
}

void check_hash(const std::string& what, const std::string& file, const std::string& found, const std::string& wanted,
                const std::string& hint) {
  if (found == wanted) return;
  throw engine::ModelError(
      {"repeat recipe", file,
       "its " + what + " has hash " + found.substr(0, 12) + ", the recipe was made with " + wanted.substr(0, 12),
       hint});
}

void resolve_recipe_primer(const GenerateOptions& options, const Recipe& recipe, Job& job) {
  if (recipe.primer_sha256.empty()) {
    job.primer = recipe.primer;
    return;
  }
  if (options.primer.empty()) {
    throw UsageError({"repeat recipe", options.from, "its primer was too long to be stored",
                      "name the same primer file again with --primer FILE (and --track N if it was used)"});
  }
  job.primer = engine::to_notes(open_score(std::filesystem::path(options.primer), options.strict_midi), options.track);
  const std::string notes = notes_text(job.primer);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(notes.data());
  check_hash("primer", options.primer, io::sha256_hex({bytes, notes.size()}), recipe.primer_sha256,
             "name the file (and --track) that it was made from");
}

}  // namespace

RecipeWriter::RecipeWriter(const Job& job) {
  const engine::Emotion& emotion = job.expression.emotion;
  Json head = {
      {"version", kVersion}, {"program", std::string("affetto ") + AFFETTO_VERSION}, {"model", job.model.sha256}};
  if (!job.clusters_sha256.empty()) head["clusters"] = job.clusters_sha256;
  head.update({{"emotion", {emotion.valence, emotion.arousal}},
               {"seed", job.seed},
               {"notes", job.notes},
               {"state", state_name(job.state)},
               {"device", job.computing.device_name()},
               {"precision", job.computing.precision()},
               {"fusion", job.fusion},
               {"isa", kernels::name_of(job.isa)},
               {"sampling", Json::parse(engine::format_sampling(job.expression.sampling))},
               {"instrument", job.expression.program},
               {"bpm", job.bpm},
               {"with_primer", job.with_primer}});
  std::string text = head.dump();
  text.pop_back();  // the closing brace comes after the index
  head_ = kRecipeMark + text + R"(,"primer":)" + primer_text(job.primer) + R"(,"index":)";
  tail_ = "}";
}

std::string RecipeWriter::text(std::uint64_t index) const { return head_ + std::to_string(index) + tail_; }

std::optional<Recipe> find_recipe(const engine::Score& score, const std::string& name) {
  for (const std::string& text : score.texts) {
    if (text.rfind(kRecipeMark, 0) != 0) continue;
    try {
      return read_recipe(text.substr(std::string(kRecipeMark).size()), name);
    } catch (const std::exception& error) {
      throw io::FormatError(
          {"read recipe", name, error.what(), "the file was changed after it was made: generate anew"});
    }
  }
  return std::nullopt;
}

RecipeJob job_from_recipe(const GenerateOptions& options) {
  const engine::Score score = open_score(std::filesystem::path(options.from), options.strict_midi);
  const auto recipe = find_recipe(score, options.from);
  if (!recipe) {
    throw io::FormatError({"read recipe", options.from, "it holds no recipe of Affetto's",
                           "--from takes files made by affetto generate; to continue any other file use --primer"});
  }
  RecipeJob result;
  Job& job = result.job;
  job.model = open_model(options.model);
  check_hash("model", job.model.file.string(), job.model.sha256, recipe->model_sha256,
             "name the right weights with --model FILE");
  if (!recipe->clusters_sha256.empty()) {
    if (options.clusters.empty()) {
      throw UsageError({"repeat recipe", options.from, "it was made with a clusters file of its own",
                        "name it again with --clusters FILE"});
    }
    OpenedClusters opened = open_clusters(options.clusters);
    check_hash("clusters", options.clusters, opened.sha256, recipe->clusters_sha256,
               "name the right file with --clusters");
    job.model.model.clusters = opened.clusters;
    job.clusters_sha256 = opened.sha256;
  }
  const auto isa = kernels::find_isa(recipe->isa);
  const auto levels = kernels::available_isas();
  if (!isa || std::find(levels.begin(), levels.end(), *isa) == levels.end()) {
    throw DeviceError({"repeat recipe", options.from,
                       "it was made with instruction set '" + recipe->isa + "', which this processor lacks",
                       "repeat it on such a processor; elsewhere the notes may differ by rounding"});
  }
  job.isa = *isa;
  job.bpm = recipe->bpm;
  job.with_primer = recipe->with_primer;
  job.expression = recipe->expression;
  job.state = recipe->state;
  job.seed = recipe->seed;
  job.notes = recipe->notes;
  job.threads = options.threads;
  job.computing = resolve_computing(recipe->computing, 0);
  job.fusion = fusion_of(job.computing, job.model.model, job.state);
  resolve_recipe_primer(options, *recipe, job);
  result.index = recipe->index;
  return result;
}

}  // namespace app
