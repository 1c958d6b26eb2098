// Which files of a corpus belong to its training, validation or test part, as the corpus' own table says.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "app/glue/csv.h"
#include "io/errors.h"

namespace app {

/// The column of a corpus table that names files relative to the table's folder: midi_filename (MAESTRO) or file.
/// @throws io::FormatError if it has neither
std::size_t file_column(const CsvTable& table);

/// The file that a cell of that column means, in the form in which two names of one file are equal.
std::filesystem::path file_of_cell(const std::filesystem::path& csv, const std::string& cell);
/// Any path in that form: absolute, links resolved as far as they exist.
std::filesystem::path same_form(const std::filesystem::path& file);

/// Those of `files`, in their order, whose row of a table has a wanted value in the column `split`.
/// @param spec  "CSV:NAME": the table and the value, divided at the last colon; "maestro.csv:validation"
/// @throws UsageError for a spec without colon or a name that no row has (listing those there are);
///         io::FormatError for a table that cannot be read, or when none of `files` is in that part
std::vector<std::filesystem::path> select_split(const std::vector<std::filesystem::path>& files,
                                                const std::string& spec);

}  // namespace app
