#include "app/glue/resources.h"

#include <cstdlib>

#include "engine/data/error.h"

namespace app {

extern const unsigned char kPrimerBytes[];  // made by CMake from app/assets/primer.mid
extern const std::size_t kPrimerSize;

namespace {

namespace fs = std::filesystem;

std::optional<fs::path> from_environment(const char* name) {
  const char* value = std::getenv(name);
  if (!value || !*value) return std::nullopt;
  return fs::path(value);
}

std::vector<fs::path> weights_folders() {
  std::vector<fs::path> folders;
  if (const auto folder = from_environment("AFFETTO_WEIGHTS")) folders.push_back(*folder);
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) folders.push_back(program.parent_path() / ".." / "share" / "affetto" / "weights");
  folders.emplace_back(AFFETTO_SOURCE_DIR "/weights");
  return folders;
}

}  // namespace

std::span<const std::uint8_t> shipped_primer() { return {kPrimerBytes, kPrimerSize}; }

fs::path find_weights(const std::string& name, const char* option) {
  std::string looked;
  for (const fs::path& folder : weights_folders()) {
    const fs::path file = folder / (name + ".safetensors");
    std::error_code error;
    if (fs::is_regular_file(file, error)) return file;
    looked += (looked.empty() ? "" : ", ") + folder.lexically_normal().string();
  }
  throw engine::ModelError(
      {"open model", name, "there is no " + name + ".safetensors in " + looked,
       std::string("name a file with ") + option + " FILE, or set AFFETTO_WEIGHTS to the folder that holds it"});
}

std::optional<fs::path> find_soundfont() {
  if (const auto file = from_environment("AFFETTO_SOUNDFONT")) return file;
  for (const char* file : {"/usr/share/sounds/sf2/default-GM.sf2", "/usr/share/sounds/sf3/default-GM.sf3",
                           "/usr/share/sounds/sf2/TimGM6mb.sf2", "/usr/share/sounds/sf2/FluidR3_GM.sf2",
                           "/usr/share/soundfonts/default.sf2"}) {
    std::error_code error;
    if (fs::is_regular_file(file, error)) return fs::path(file);
  }
  return std::nullopt;
}

fs::path find_cascades() {
  if (const auto folder = from_environment("AFFETTO_CASCADES")) return *folder;
  const fs::path usual = "/usr/share/opencv4/haarcascades";
  for (const fs::path& folder : {usual, fs::path("/usr/local/share/opencv4/haarcascades")}) {
    std::error_code error;
    if (fs::is_directory(folder, error)) return folder;
  }
  return usual;
}

}  // namespace app
