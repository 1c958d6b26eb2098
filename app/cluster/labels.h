// What people said about pieces, from a corpus' table.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "app/glue/csv.h"
#include "engine/emotion/naming.h"

namespace app {

struct PieceLabel {
  engine::Mood mood = engine::Mood::unknown;
  std::string name;  ///< as the table says it: "Q1", "happy"
};

/// Labels by file, in the form of same_form().
using Labels = std::map<std::filesystem::path, PieceLabel>;

/// The column `quadrant` (Q1 to Q4 of Russell's circle), or else `label` (happy or sad, +1, 1 or -1), of each row's
/// file; empty cells are left out. Q1 (pleasant and excited) is happy and Q3 (unpleasant and calm) is sad; Q2 and Q4
/// share one sign with each of them, hence their mood is unknown.
/// @param csv  name of the table; its folder is what file names are relative to
/// @throws io::FormatError for a table without these columns, any other label, two different labels for one file
Labels labels_of(const CsvTable& table, const std::filesystem::path& csv);

/// All labels of several tables. @throws io::FormatError as above
Labels read_labels(const std::vector<std::string>& csvs);

}  // namespace app
