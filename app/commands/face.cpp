#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/commands/commands.h"
#include "app/face/annotate.h"
#include "app/face/reader.h"
#include "app/face/report.h"
#include "app/glue/exit_codes.h"
#include "app/glue/interrupt.h"
#include "app/glue/outputs.h"
#include "app/glue/progress.h"
#include "app/glue/stages.h"
#include "io/picture/format_png.h"

namespace app {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

struct FaceCommand {
  std::string input, model, box, annotate, device = "auto", fusion;
  bool cropped = false, json = false, jsonl = false, force = false, quiet = false;
};

std::string line_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

void check_command(const FaceCommand& c, bool folder) {
  if (c.json && c.jsonl)
    throw UsageError({"usage", "--json", "--jsonl says the same otherwise", "give one of the two"});
  if (folder && !c.annotate.empty())
    throw UsageError({"usage", "--annotate", "it draws one picture, " + c.input + " is a folder", "name one picture"});
  if (folder && c.json)
    throw UsageError({"usage", "--json", c.input + " is a folder; a line for each picture is --jsonl", "give --jsonl"});
  if (folder && !c.box.empty())
    throw UsageError(
        {"usage", "--face-box", "it is a place in one picture, " + c.input + " is a folder", "name one picture"});
  check_free(c.annotate, c.force);
}

void write_annotated(const FaceCommand& c, const FaceResult& result, const engine::Picture& picture) {
  if (c.annotate.empty()) return;
  const engine::FaceFrame frame =
      result.face.face ? engine::frame_of(*result.face.face) : engine::frame_of_cropped(picture);
  const std::string text = face_words(result.reading);
  io::write_file(c.annotate, io::format_png(annotated(picture, frame, text)), existing(c.force));
}

void print_reading(const FaceResult& result) {
  const engine::FaceReading& reading = result.reading;
  print_row("face", face_words(reading) + (reading.sure() ? "" : ", which is no more than a guess"));
  std::string all;
  for (std::size_t k = 0; k < reading.classes.size(); ++k)
    all += (k ? ", " : "") + reading.classes[k] + " " + fixed(reading.probabilities[k], 2);
  print_row("classes", all);
  print_row("valence", fixed(reading.emotion.valence, 2));
  print_row("arousal", fixed(reading.emotion.arousal, 2));
  print_row("happy or sad", reading.sign > 0 ? "+1 (happy)" : "-1 (sad)");
  if (result.face.face) {
    const engine::PixelBox& box = result.face.face->box;
    print_row("box", std::to_string(box.x) + "," + std::to_string(box.y) + "," + std::to_string(box.width) + "," +
                         std::to_string(box.height) +
                         (result.face.found > 1 ? ", the largest of " + counted(result.face.found, "face") : ""));
  }
}

int read_one(const FaceCommand& c, const FaceDevice& device) {
  Stages stages;
  std::optional<FaceReader> reader;
  stages.time("load", [&] { reader.emplace(c.model, "--model", device); });
  engine::Picture picture;
  const FaceResult result = stages.time("read", [&] {
    return reader->read(c.input, face_options(c.cropped, c.box), c.annotate.empty() ? nullptr : &picture);
  });
  for (const std::string& warning : result.warnings) warn(c.input + ": " + warning);
  write_annotated(c, result, picture);
  if (c.json || c.jsonl) {
    Json json = face_json(result);
    json["model"] = reader->model().file.string();
    json["model_sha256"] = reader->model().sha256;
    json["device"] = device.name();
    json["seconds"] = {{"load", stages["load"]}, {"read", stages["read"]}};
    std::printf("%s\n",
                c.json ? json.dump(1, ' ', false, Json::error_handler_t::replace).c_str() : line_of(json).c_str());
  } else {
    print_reading(result);
  }
  return kDone;
}

int read_folder_of(const FaceCommand& c, const FaceDevice& device) {
  const std::vector<fs::path> files = picture_files(c.input);
  FaceReader reader(c.model, "--model", device);
  Progress progress("read", files.size(), "pictures", c.quiet);
  std::size_t done = 0, failed = 0;
  const auto sink = [&](const FaceResult& result) {
    failed += !result.problem.empty();
    if (c.jsonl) {
      std::printf("%s\n", line_of(face_json(result)).c_str());
    } else {
      print_row(result.file.string(), result.problem.empty() ? face_words(result.reading) : result.problem);
    }
    progress.update(++done);
  };
  if (!reader.read_all(files, face_options(c.cropped, c.box), sink, interrupt_token()))
    throw Interrupted({"face", c.input, "interrupted after " + counted(done, "picture"), ""});
  progress.finish();
  if (failed > 0 && !c.quiet)
    warn(counted(failed, "picture") + " of " + std::to_string(files.size()) + " gave no reading");
  return failed == 0 ? kDone : kPartly;
}

int run_face(const FaceCommand& c) {
  std::error_code error;
  const bool folder = fs::is_directory(c.input, error);
  check_command(c, folder);
  const FaceDevice device = resolve_face_device(c.device, c.fusion);
  return folder ? read_folder_of(c, device) : read_one(c, device);
}

}  // namespace

void add_face(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("face", "Read the emotion of a face in a picture, or in a folder of pictures");
  auto c = std::make_shared<FaceCommand>();
  command->add_option("picture", c->input, "JPEG, PNG, WebP or PGM; or a folder of them")->required();
  command->add_option("--model", c->model, "face network (.safetensors; default: the one that ships)");
  command->add_flag("--cropped", c->cropped, "the picture is a face already: do not look for one");
  command->add_option("--face-box", c->box, "X,Y,W,H: where the face is, in pixels");
  command->add_option("--annotate", c->annotate, "write the picture with box and reading drawn (.png)");
  command->add_option("--device", c->device, "auto, cpu or cuda")->capture_default_str();
  command->add_option("--fusion", c->fusion, "rung of the fusion ladder: unfused, stage, tensor, whole");
  command->add_flag("--json", c->json, "print one JSON document");
  command->add_flag("--jsonl", c->jsonl, "print a JSON line for each picture");
  command->add_flag("--force", c->force, "replace a file that is there");
  command->add_flag("-q,--quiet", c->quiet, "no progress line");
  command->footer(
      "Examples:\n"
      "  affetto face me.jpg\n"
      "  affetto face me.jpg --annotate me-read.png --json\n"
      "  affetto face faces/ --cropped --jsonl > readings.jsonl\n"
      "The picture stays on this machine.");
  command->callback([c, &run] { run = [c] { return run_face(*c); }; });
}

}  // namespace app
