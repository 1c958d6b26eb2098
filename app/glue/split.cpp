#include "app/glue/split.h"

#include <set>
#include <utility>

#include "app/glue/exit_codes.h"

namespace app {
namespace {

namespace fs = std::filesystem;

struct SplitSpec {
  std::string csv, part;
};

SplitSpec parse_spec(const std::string& spec) {
  const std::size_t colon = spec.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == spec.size()) {
    throw UsageError({"usage", "--split", "\"" + spec + "\" is not CSV:NAME",
                      "for example --split maestro-v2.0.0/maestro-v2.0.0.csv:validation"});
  }
  return {spec.substr(0, colon), spec.substr(colon + 1)};
}

/// Files of one part; throws if the table knows no such part.
std::set<fs::path> files_of_part(const SplitSpec& spec) {
  const CsvTable table = read_csv(spec.csv);
  const std::size_t file = file_column(table), split = table.need({"split"});
  std::set<fs::path> wanted;
  std::set<std::string> parts;
  for (const auto& row : table.rows) {
    parts.insert(row[split]);
    if (row[split] == spec.part) wanted.insert(file_of_cell(spec.csv, row[file]));
  }
  if (!wanted.empty()) return wanted;
  constexpr std::size_t kShown = 10;
  std::string list;
  std::size_t shown = 0;
  for (const std::string& part : parts) {
    if (shown++ == kShown) break;
    list += (list.empty() ? "" : ", ") + part;
  }
  throw UsageError({"usage", "--split", "no row of " + spec.csv + " has split " + spec.part,
                    list.empty() ? "the table has no rows" : "it knows: " + list});
}

}  // namespace

std::size_t file_column(const CsvTable& table) { return table.need({"midi_filename", "file"}); }

fs::path same_form(const fs::path& file) {
  std::error_code error;
  fs::path canonical = fs::weakly_canonical(file, error);
  return error ? fs::absolute(file, error).lexically_normal() : canonical;
}

fs::path file_of_cell(const fs::path& csv, const std::string& cell) { return same_form(csv.parent_path() / cell); }

std::vector<fs::path> select_split(const std::vector<fs::path>& files, const std::string& spec) {
  const SplitSpec parsed = parse_spec(spec);
  const std::set<fs::path> wanted = files_of_part(parsed);
  std::vector<fs::path> selected;
  for (const fs::path& file : files) {
    if (wanted.contains(same_form(file))) selected.push_back(file);
  }
  if (selected.empty()) {
    throw io::FormatError({"select files", spec,
                           "the table lists " + std::to_string(wanted.size()) +
                               " files of this part, none is among the " + std::to_string(files.size()) +
                               " files given",
                           "file names in the table are relative to its own folder"});
  }
  return selected;
}

}  // namespace app
