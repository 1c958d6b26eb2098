// How many megabytes a second are read and written: MIDI files and weights, on one core, from and to memory; and, with
// --midi-folder=DIR, every MIDI file under a folder, opened and read.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "bench/harness/contest.h"
#include "bench/harness/context.h"
#include "bench/harness/subjects.h"
#include "engine/data/notes.h"
#include "io/midi/read.h"
#include "io/midi/write.h"
#include "io/tensors/tensors.h"

namespace bench {
namespace {

namespace fs = std::filesystem;

constexpr double kMegabyte = 1e6;
constexpr double kReadTarget = 20;  // MB/s

engine::Score random_score(int notes) {
  engine::Score score;
  score.notes = engine::to_score_notes(random_notes(notes, 0));
  return score;
}

Contest alone(const std::string& name, double bytes, std::function<void()> work) {
  Contest contest{.unit = "MB/s", .work_per_unit = bytes / kMegabyte};
  contest.ours = {name, [work = std::move(work)](std::int64_t times) {
                    for (std::int64_t i = 0; i < times; ++i) work();
                  }};
  return contest;
}

/// The gate of all MIDI rows: what was written is read again, note for note.
std::vector<std::uint8_t> checked_midi(const engine::Score& score) {
  std::vector<std::uint8_t> bytes = io::format_midi(score);
  const std::size_t read = io::parse_midi(bytes, "benchmark").notes.size();
  if (read != score.notes.size()) {
    throw std::runtime_error("gate failed: " + std::to_string(score.notes.size()) + " notes were written and " +
                             std::to_string(read) + " read; nothing is timed");
  }
  return bytes;
}

Contest read_midi(int notes) {
  const auto bytes = std::make_shared<std::vector<std::uint8_t>>(checked_midi(random_score(notes)));
  return alone("read MIDI", static_cast<double>(bytes->size()), [bytes] { io::parse_midi(*bytes, "benchmark"); });
}

Contest write_midi(int notes) {
  const auto score = std::make_shared<engine::Score>(random_score(notes));
  return alone("write MIDI", static_cast<double>(checked_midi(*score).size()), [score] { io::format_midi(*score); });
}

Contest read_weights(const std::string& network) {
  const engine::TensorTable table = engine::table_from_model(random_model(spec_of(network)));
  const auto bytes = std::make_shared<std::vector<std::uint8_t>>(io::format_tensors(table));
  if (io::parse_tensors(*bytes, "benchmark") != table) {
    throw std::runtime_error("gate failed: weights do not survive writing and reading; nothing is timed");
  }
  return alone("read safetensors", static_cast<double>(bytes->size()),
               [bytes] { io::parse_tensors(*bytes, "benchmark"); });
}

Contest write_weights(const std::string& network) {
  const auto table = std::make_shared<engine::TensorTable>(engine::table_from_model(random_model(spec_of(network))));
  return alone("write safetensors", static_cast<double>(io::format_tensors(*table).size()),
               [table] { io::format_tensors(*table); });
}

bool is_midi(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".mid" || extension == ".midi" || extension == ".MID";
}

Contest read_folder(const fs::path& folder) {
  const auto files = std::make_shared<std::vector<fs::path>>();
  double bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder, fs::directory_options::follow_directory_symlink)) {
    if (!entry.is_regular_file() || !is_midi(entry.path())) continue;
    try {
      io::read_midi(entry.path());
    } catch (const io::FormatError&) {
      continue;  // damaged beyond reading: in the folder, but not in the sum
    }
    files->push_back(entry.path());
    bytes += static_cast<double>(entry.file_size());
  }
  if (files->empty()) throw std::runtime_error("no MIDI file under " + folder.string());
  return alone("read " + std::to_string(files->size()) + " MIDI files", bytes, [files] {
    for (const fs::path& file : *files) io::read_midi(file);
  });
}

void add_rows(const Timing& timing) {
  for (const int notes : {1000, 100000}) {
    const std::string suffix = "/notes:" + std::to_string(notes);
    add_row("midi_read" + suffix, kReadTarget, timing, [=] { return read_midi(notes); });
    add_row("midi_write" + suffix, 0, timing, [=] { return write_midi(notes); });
  }
  for (const std::string network : {"1x128", "3x512"}) {
    add_row("safetensors_read/" + network, 0, timing, [=] { return read_weights(network); });
    add_row("safetensors_write/" + network, 0, timing, [=] { return write_weights(network); });
  }
}

/// Takes --midi-folder=DIR out of the command line.
std::string take_folder(int& argc, char** argv) {
  constexpr std::string_view kFlag = "--midi-folder=";
  std::string folder;
  int kept = 0;
  for (int i = 0; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with(kFlag)) {
      folder = argument.substr(kFlag.size());
    } else {
      argv[kept++] = argv[i];
    }
  }
  argc = kept;
  return folder;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) try {
  const std::string folder = bench::take_folder(argc, argv);
  const bench::Timing timing = bench::start(argc, argv);
  bench::add_context();
  bench::add_rows(timing);
  if (!folder.empty()) {
    bench::add_row("midi_folder", bench::kReadTarget, timing, [=] { return bench::read_folder(folder); });
  }
  return bench::run_rows();
} catch (const std::exception& error) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return 1;
}
