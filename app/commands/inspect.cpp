#include "app/inspect/inspect.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/commands/commands.h"
#include "app/glue/exit_codes.h"
#include "app/glue/inputs.h"
#include "app/glue/outputs.h"
#include "app/inspect/content.h"
#include "io/files/read_file.h"
#include "io/files/sha256.h"
#include "io/tensors/tensors.h"

namespace app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxBytes = std::size_t{2} << 30;

struct InspectCommand {
  std::string file, clusters, model;
  bool json = false, strict_midi = false;
};

/// The centres asked for; without a wish those of the model that ships, if it is there.
std::optional<Judge> find_judge(const InspectCommand& c) {
  if (!c.clusters.empty()) return Judge{open_clusters(c.clusters).clusters, c.clusters};
  try {
    const OpenedModel opened = open_model(c.model);
    if (opened.model.clusters) return Judge{*opened.model.clusters, opened.file.filename().string()};
    if (!c.model.empty()) warn(c.model + ": the model has no happy and sad centres");
  } catch (const engine::ModelError&) {
    if (!c.model.empty()) throw;
  }
  return std::nullopt;
}

[[noreturn]] void refuse(const InspectCommand& c, Content content) {
  const auto fail = [&](const std::string& why, const std::string& hint) {
    throw io::FormatError({"inspect", c.file, why, hint});
  };
  if (content == Content::audio)
    fail("it is sound, which this version does not read", "inspect takes MIDI files and models");
  if (content == Content::picture)
    fail("it is a picture, which this version does not read", "inspect takes MIDI files and models");
  fail("it is neither MIDI nor a model", "inspect takes MIDI files, models (.safetensors) and training checkpoints");
  throw std::logic_error("unreachable");
}

int run_inspect(const InspectCommand& c) {
  const auto bytes = io::read_file(c.file, kMaxBytes, "inspect");
  const Content content = content_of(bytes);
  Json json = {{"file", c.file}, {"bytes", bytes.size()}, {"sha256", io::sha256_hex(bytes)}};
  if (content == Content::midi) {
    const engine::Score score = open_score(bytes, c.file, c.strict_midi);
    json.update(describe_midi(score, find_judge(c)));
  } else if (content == Content::tensors) {
    json.update(describe_tensors(io::parse_tensors(bytes, c.file), c.file));
  } else {
    refuse(c, content);
  }
  if (c.json) {
    std::printf("%s\n", json.dump(1, ' ', false, Json::error_handler_t::replace).c_str());
    return kDone;
  }
  print_row("file", c.file);
  content == Content::midi ? print_midi(json) : print_tensors(json);
  print_row("sha256", json["sha256"].get<std::string>());
  return kDone;
}

}  // namespace

void add_inspect(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("inspect", "Show what a file holds: MIDI, model or training checkpoint");
  auto c = std::make_shared<InspectCommand>();
  command->add_option("file", c->file, "file to look into")->required();
  command->add_option("--clusters", c->clusters, "happy and sad centres to judge a piece by (JSON)");
  command->add_option("--model", c->model, "model whose centres judge a piece (default: the one that ships)");
  command->add_flag("--strict-midi", c->strict_midi, "refuse a MIDI file with any oddity");
  command->add_flag("--json", c->json, "print one JSON document");
  command->footer("Example:\n  affetto inspect happy.mid");
  command->callback([c, &run] { run = [c] { return run_inspect(*c); }; });
}

}  // namespace app
