#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/commands/commands.h"
#include "app/face/detector.h"
#include "app/face/model.h"
#include "app/glue/device.h"
#include "app/glue/exit_codes.h"
#include "app/glue/inputs.h"
#include "app/glue/render.h"
#include "app/glue/resources.h"
#include "engine/data/notes.h"
#include "io/audio/write_audio.h"
#include "io/files/directories.h"
#include "io/files/zip.h"
#include "io/picture/read_picture.h"
#include "kernels/cpu/isa.h"
#include "kernels/generate/dispatch/table.h"

namespace app {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

enum class State { ok, warn, fail };

struct Check {
  std::string name;
  State state = State::ok;
  std::string text;
  std::string hint;  ///< how to mend it, empty where nothing is to be mended
};

const char* word(State state) { return state == State::ok ? "ok" : state == State::warn ? "warn" : "FAIL"; }

/// What a check found wrong, from the error it threw.
Check failed(const std::string& name, const engine::Error& error, State state = State::fail) {
  const engine::Problem& p = error.problem();
  return {name, state, (p.where.empty() ? "" : p.where + ": ") + p.why, p.hint};
}

Check check_processor() {
  std::string text = "instruction set " + std::string(kernels::name_of(kernels::active_isa())) + " in use; available:";
  for (const kernels::Isa isa : kernels::available_isas()) text += std::string(" ") + kernels::name_of(isa);
  return {"processor", State::ok, text + "; " + std::to_string(std::thread::hardware_concurrency()) + " threads", ""};
}

Check check_gpu() {
  const kernels::DeviceState gpu = gpu_state();
  if (!built_with_cuda()) return {"gpu", State::ok, "not used: " + gpu.why_not + ", all runs on the CPU", ""};
  if (!gpu.available) return {"gpu", State::warn, gpu.why_not + "; all runs on the CPU", gpu.hint};
  const kernels::DeviceInfo& info = gpu.info;
  return {"gpu", State::ok,
          info.name + ", " + std::to_string(info.multiprocessors) + " multiprocessors, " +
              std::to_string(info.memory_bytes >> 30) + " GiB, sm_" + std::to_string(info.capability_major) +
              std::to_string(info.capability_minor) + ", driver " + std::to_string(info.driver_version / 1000) + "." +
              std::to_string(info.driver_version % 1000 / 10),
          ""};
}

/// By what a GPU's kernels are chosen.
Check check_gpu_table() {
  const kernels::DeviceState gpu = gpu_state();
  if (!gpu.available) return {"gpu table", State::ok, "not used: all runs on the CPU", ""};
  const kernels::TunedTable* table = kernels::table_of(gpu.info);
  const bool measured = table != nullptr && table->measured;
  return {"gpu table", State::ok, kernels::text_of(table), measured ? "" : "bench/tune measures one on this machine"};
}

Check check_synthesiser() {
  if (can_render()) return {"synthesiser", State::ok, "FluidSynth " + synthesiser_version(), ""};
  return {"synthesiser", State::warn, "FluidSynth is not compiled in: no --audio, no render",
          "apt-get install libfluidsynth-dev timgm6mb-soundfont and build again"};
}

/// A SoundFont that is named but does not open is a fault; that there is none only leaves sound out.
Check check_soundfont() {
  const auto file = find_soundfont();
  if (!file) return {"soundfont", State::warn, "none was found: no --audio, no render", kSoundfontHint};
  if (!can_render()) return {"soundfont", State::ok, file->string() + " (not opened)", ""};
  try {
    Renderer renderer(*file);
    return {"soundfont", State::ok, file->string(), ""};
  } catch (const engine::Error& error) {
    return failed("soundfont", error);
  }
}

Check check_sound_files() {
  if (io::can_write_audio()) return {"sound files", State::ok, "libsndfile writes " + io::audio_extensions(), ""};
  return {"sound files", State::warn, "libsndfile is not compiled in: no --audio, no render",
          "apt-get install libsndfile1-dev and build again"};
}

Check check_archives() {
  if (io::can_write_zip()) return {"archives", State::ok, "libarchive writes .zip", ""};
  return {"archives", State::warn, "libarchive is not compiled in: no -o pieces.zip",
          "apt-get install libarchive-dev and build again"};
}

Check check_pictures() {
  const std::string text = "reads " + io::readable_pictures(), missing = io::missing_picture_packages();
  if (missing.empty()) return {"pictures", State::ok, text, ""};
  return {"pictures", State::warn, text + "; not every library for pictures is compiled in",
          "apt-get install " + missing + " and build again"};
}

Check check_faces() {
  if (!can_find_faces()) {
    return {"faces", State::warn, "OpenCV is not compiled in: faces must be named",
            "apt-get install libopencv-objdetect-dev opencv-data and build again"};
  }
  try {
    FaceDetector detector(find_cascades());
    return {"faces", State::ok,
            "OpenCV " + face_library_version() + " finds them; cascades in " + find_cascades().string(), ""};
  } catch (const engine::Error& error) {
    return failed("faces", error, State::warn);
  }
}

Check check_model() {
  try {
    const OpenedModel opened = open_model("");
    return {"model", State::ok,
            opened.file.lexically_normal().string() + ": " + opened.model.spec.name + ", " +
                std::to_string(opened.model.parameters()) + " parameters" +
                (opened.model.clusters ? "" : ", without happy and sad centres"),
            ""};
  } catch (const engine::Error& error) {
    return failed("model", error);
  }
}

Check check_face_model() {
  try {
    const OpenedFaceModel opened = open_face_model("", "--model");
    return {"face model", State::ok,
            opened.file.lexically_normal().string() + ": " + opened.model.spec.name + ", " +
                std::to_string(opened.model.parameters()) + " parameters",
            ""};
  } catch (const engine::Error& error) {
    return failed("face model", error, State::warn);
  }
}

Check check_primer() {
  try {
    const auto notes = engine::to_notes(open_score(shipped_primer(), "the primer that ships", true));
    if (!notes.empty()) return {"primer", State::ok, std::to_string(notes.size()) + " notes", ""};
    return {"primer", State::fail, "the primer that ships has no notes", "build again"};
  } catch (const engine::Error& error) {
    return failed("primer", error);
  }
}

Check check_folder(const std::string& name, const fs::path& folder, const std::string& hint) {
  std::error_code error;
  fs::path there = fs::absolute(folder, error);
  while (!fs::exists(there, error) && there.has_relative_path()) there = there.parent_path();
  if (io::is_writable_directory(there)) return {name, State::ok, folder.string() + " can be written", ""};
  return {name, State::warn, folder.string() + " cannot be written", hint};
}

Check check_cache() {
  try {
    return check_folder("cache", io::cache_directory(), "set AFFETTO_CACHE to a folder that you may write to");
  } catch (const engine::Error& error) {
    return failed("cache", error, State::warn);
  }
}

std::vector<Check> all_checks() {
  std::error_code error;
  const fs::path here = fs::current_path(error);
  return {check_processor(),
          check_gpu(),
          check_gpu_table(),
          check_model(),
          check_primer(),
          check_synthesiser(),
          check_soundfont(),
          check_sound_files(),
          check_archives(),
          check_pictures(),
          check_faces(),
          check_face_model(),
          check_folder("folder", here, "change to a folder that you may write to, or name one with -o"),
          check_cache()};
}

void print_checks(const std::vector<Check>& checks) {
  for (const Check& check : checks) {
    std::printf("%-5s %-12s %s\n", word(check.state), check.name.c_str(), check.text.c_str());
    if (!check.hint.empty()) std::printf("%-5s %-12s %s\n", "", "", ("-> " + check.hint).c_str());
  }
}

Json json_of(const std::vector<Check>& checks, bool good) {
  Json list = Json::array();
  for (const Check& c : checks) {
    list.push_back({{"name", c.name},
                    {"state", c.state == State::fail ? "fail" : word(c.state)},
                    {"text", c.text},
                    {"hint", c.hint.empty() ? Json() : Json(c.hint)}});
  }
  return {{"version", AFFETTO_VERSION}, {"ok", good}, {"checks", list}};
}

int run_doctor(bool json) {
  const std::vector<Check> checks = all_checks();
  const bool good = std::ranges::none_of(checks, [](const Check& c) { return c.state == State::fail; });
  if (json) {
    std::printf("%s\n", json_of(checks, good).dump(1, ' ', false, Json::error_handler_t::replace).c_str());
  } else {
    print_checks(checks);
  }
  return good ? kDone : kInternal;
}

}  // namespace

void add_doctor(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("doctor", "Say what works on this machine and how to mend what does not");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "print one JSON document");
  command->callback([json, &run] { run = [json] { return run_doctor(*json); }; });
}

}  // namespace app
