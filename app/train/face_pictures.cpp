#include "app/train/face_pictures.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "app/face/reader.h"
#include "app/glue/csv.h"
#include "app/glue/exit_codes.h"
#include "app/glue/outputs.h"
#include "engine/face/crop.h"
#include "io/errors.h"
#include "io/picture/read_picture.h"
#include "trainer/bptt/cpu/pool.h"

namespace app {
namespace {

namespace fs = std::filesystem;

/// A picture, and what is said of it.
struct Entry {
  fs::path file;
  std::string part;  ///< empty: nothing names it
  int label = 0, sign = 0;
  std::vector<float> votes;  ///< [classes] shares, or empty
};

struct Vote {
  const char* column;
  const char* label;
};
constexpr std::array<Vote, 7> kVotes = {{{"v_neutral", "neutral"},
                                         {"v_happiness", "happy"},
                                         {"v_surprise", "surprise"},
                                         {"v_sadness", "sad"},
                                         {"v_anger", "angry"},
                                         {"v_disgust", "disgust"},
                                         {"v_fear", "fear"}}};

[[noreturn]] void refuse(const std::string& where, const std::string& why, const std::string& hint) {
  throw io::FormatError({"read faces", where, why, hint});
}

std::string part_of(const std::string& name) {
  if (name == "train" || name == "training") return "train";
  if (name == "val" || name == "valid" || name == "validation") return "validation";
  return name == "test" ? "test" : "";
}

std::optional<int> find_class(const engine::FaceSpec& spec, const std::string& name) {
  const auto at = std::ranges::find(spec.classes, name);
  if (at == spec.classes.end()) return std::nullopt;
  return static_cast<int>(at - spec.classes.begin());
}

int class_of(const engine::FaceSpec& spec, const std::string& name, const std::string& where) {
  if (const auto label = find_class(spec, name)) return *label;
  std::string names;
  for (const std::string& known : spec.classes) names += (names.empty() ? "" : ", ") + known;
  refuse(where, "its class is '" + name + "'; the network knows " + names,
         "rename the class, or leave the picture out");
}

double number_of(const std::string& cell, const std::string& where) {
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error != std::errc() || end != cell.data() + cell.size() || !(value >= -1e6 && value <= 1e6))
    refuse(where, "'" + cell + "' is no number", "mend the table");
  return value;
}

std::vector<Entry> entries_of_table(const fs::path& folder, const engine::FaceSpec& spec) {
  const CsvTable table = read_csv(folder / "labels.csv");
  const std::size_t file = table.need({"file"}), label = table.need({"label", "fer_label"});
  const auto split = table.find("split"), sign = table.find("pm1");
  std::vector<Entry> entries;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    const std::vector<std::string>& row = table.rows[r];
    const std::string where = table.name + ", line " + std::to_string(table.lines[r]);
    Entry entry{folder / row[file], split ? part_of(row[*split]) : "", class_of(spec, row[label], where), 0, {}};
    if (split && entry.part.empty()) refuse(where, "its split is '" + row[*split] + "'", "say train, val or test");
    if (sign) entry.sign = static_cast<int>(number_of(row[*sign], where));
    double total = 0;
    std::vector<float> votes(spec.classes.size(), 0.0f);
    for (const Vote& vote : kVotes) {
      const auto column = table.find(vote.column);
      const auto at = find_class(spec, vote.label);
      if (!column || !at) continue;
      const double count = number_of(row[*column], where);
      if (count < 0) refuse(where, "a negative number of votes", "mend the table");
      votes[static_cast<std::size_t>(*at)] += static_cast<float>(count);
      total += count;
    }
    if (total > 0) {
      for (float& v : votes) v /= static_cast<float>(total);
      entry.votes = std::move(votes);
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::vector<Entry> entries_of_folders(const fs::path& folder, const engine::FaceSpec& spec) {
  std::vector<Entry> entries;
  for (const fs::path& file : picture_files(folder)) {
    const fs::path parent = file.parent_path();
    entries.push_back({file,
                       part_of(parent.parent_path().filename().string()),
                       class_of(spec, parent.filename().string(), file.string()),
                       0,
                       {}});
  }
  return entries;
}

/// Every nth of those that belong nowhere becomes validation.
void share_out(std::vector<Entry>& entries, double fraction) {
  const auto nth = static_cast<std::size_t>(std::max(1.0, 1 / fraction));
  std::size_t homeless = 0;
  for (Entry& entry : entries) {
    if (entry.part.empty()) entry.part = homeless++ % nth == nth - 1 ? "validation" : "train";
  }
}

/// Leaves the entries of one part.
void keep_only(std::vector<Entry>& entries, const std::string& part, const fs::path& folder) {
  std::set<std::string> parts;
  for (const Entry& entry : entries) parts.insert(entry.part);
  if (!parts.contains(part)) {
    std::string names;
    for (const std::string& name : parts) names += (names.empty() ? "" : ", ") + name;
    refuse(folder.string(), "it has no pictures for the part '" + part + "'; there are " + names, "name another part");
  }
  std::erase_if(entries, [&](const Entry& entry) { return entry.part != part; });
}

/// The picture at the network's size; nothing where it cannot be read.
std::optional<std::vector<std::uint8_t>> read_entry(const Entry& entry, const engine::FaceSpec& spec,
                                                    std::string& problem) {
  try {
    const engine::Picture grey = engine::to_grey(io::read_picture(entry.file).picture);
    if (grey.width == spec.side && grey.height == spec.side) return grey.pixels;
    return engine::crop_face(grey, engine::frame_of_cropped(grey)).pixels;
  } catch (const engine::Error& error) {
    problem = error.what();
    return std::nullopt;
  }
}

void add(LabelledFaces& part, const Entry& entry, const std::vector<std::uint8_t>& pixels, const engine::FaceSpec& spec,
         double vote_share) {
  part.set.side = static_cast<std::size_t>(spec.side);
  part.set.classes = spec.classes.size();
  part.set.pixels.insert(part.set.pixels.end(), pixels.begin(), pixels.end());
  part.set.labels.push_back(entry.label);
  part.signs.push_back(entry.sign);
  const double share = entry.votes.empty() ? 0 : vote_share;
  for (std::size_t k = 0; k < spec.classes.size(); ++k) {
    const double vote = entry.votes.empty() ? 0 : static_cast<double>(entry.votes[k]);
    part.set.targets.push_back(
        static_cast<float>(share * vote + (1 - share) * (static_cast<std::size_t>(entry.label) == k ? 1 : 0)));
  }
}

}  // namespace

FaceCorpus read_face_corpus(const fs::path& folder, const engine::FaceSpec& spec, const FaceCorpusOptions& options) {
  if (spec.side != engine::kFaceSide)
    throw std::invalid_argument("read_face_corpus: faces are cut out at another size than the network reads");
  std::error_code error;
  std::vector<Entry> entries =
      fs::exists(folder / "labels.csv", error) ? entries_of_table(folder, spec) : entries_of_folders(folder, spec);
  share_out(entries, options.validation_fraction);
  if (!options.only.empty()) keep_only(entries, options.only, folder);

  std::vector<std::optional<std::vector<std::uint8_t>>> pictures(entries.size());
  std::vector<std::string> problems(entries.size());
  trainer::Pool pool(options.threads);
  pool.run(entries.size(), [&](std::size_t i, int) { pictures[i] = read_entry(entries[i], spec, problems[i]); });

  FaceCorpus corpus;
  constexpr std::size_t kTold = 3;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (pictures[i]) {
      add(corpus.parts[entries[i].part], entries[i], *pictures[i], spec, options.vote_share);
    } else if (corpus.left_out++ < kTold) {
      warn(problems[i]);
    }
  }
  if (corpus.left_out > kTold) warn(counted(corpus.left_out, "picture") + " could not be read");
  if (corpus.parts.empty()) refuse(folder.string(), "none of its pictures could be read", "name another folder");
  return corpus;
}

}  // namespace app
