#include "app/cluster/labels.h"

#include <array>
#include <utility>

#include "app/glue/split.h"

namespace app {
namespace {

using engine::Mood;

constexpr std::array<std::pair<const char*, Mood>, 4> kQuadrants = {
    {{"Q1", Mood::happy}, {"Q2", Mood::unknown}, {"Q3", Mood::sad}, {"Q4", Mood::unknown}}};
constexpr std::array<std::pair<const char*, Mood>, 5> kMoods = {
    {{"happy", Mood::happy}, {"+1", Mood::happy}, {"1", Mood::happy}, {"sad", Mood::sad}, {"-1", Mood::sad}}};

template <std::size_t N>
Mood mood_of_cell(const std::array<std::pair<const char*, Mood>, N>& names, const CsvTable& table, std::size_t row,
                  std::size_t column) {
  const std::string& cell = table.rows[row][column];
  std::string known;
  for (const auto& [name, mood] : names) {
    if (cell == name) return mood;
    known += (known.empty() ? "" : ", ") + std::string(name);
  }
  throw io::FormatError({"read labels", table.name,
                         "line " + std::to_string(table.lines[row]) + ": " + table.columns[column] + " is \"" + cell +
                             "\", expected one of " + known,
                         "correct the cell, or leave it empty"});
}

}  // namespace

Labels labels_of(const CsvTable& table, const std::filesystem::path& csv) {
  const std::size_t file = file_column(table), column = table.need({"quadrant", "label"});
  const bool quadrants = table.columns[column] == "quadrant";
  Labels labels;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const std::string& cell = table.rows[row][column];
    if (cell.empty()) continue;
    const Mood mood =
        quadrants ? mood_of_cell(kQuadrants, table, row, column) : mood_of_cell(kMoods, table, row, column);
    const auto [it, added] = labels.try_emplace(file_of_cell(csv, table.rows[row][file]), PieceLabel{mood, cell});
    if (!added && it->second.name != cell) {
      throw io::FormatError({"read labels", table.name,
                             "line " + std::to_string(table.lines[row]) + ": " + table.rows[row][file] + " is " + cell +
                                 " here and " + it->second.name + " before",
                             "keep one row for each file"});
    }
  }
  return labels;
}

Labels read_labels(const std::vector<std::string>& csvs) {
  Labels labels;
  for (const std::string& csv : csvs) labels.merge(labels_of(read_csv(csv), csv));
  return labels;
}

}  // namespace app
