#include "app/glue/csv.h"

#include <algorithm>
#include <utility>

#include "io/files/read_file.h"

namespace app {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{64} << 20;
constexpr std::size_t kMaxRows = std::size_t{1} << 20;

using Fields = std::vector<std::string>;

class Parser {
 public:
  Parser(std::string_view text, const std::string& name) : text_(text), name_(name) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
  }

  bool more() const { return at_ < text_.size(); }
  std::size_t line() const { return line_; }

  /// The fields of one row, its line break consumed.
  Fields row() {
    Fields fields;
    do {
      fields.push_back(peek() == '"' ? quoted() : plain());
    } while (take(','));
    end_of_row();
    return fields;
  }

  [[noreturn]] void fail(std::size_t line, const std::string& why) const {
    throw io::FormatError({"read CSV", name_, "line " + std::to_string(line) + ": " + why,
                           "expected comma-separated values with a header line; quote fields that hold commas"});
  }

 private:
  char peek() const { return more() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (!more() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string plain() {
    const std::size_t end = std::min(text_.find_first_of(",\r\n\"", at_), text_.size());
    std::string field(text_.substr(at_, end - at_));
    at_ = end;
    if (peek() == '"') fail(line_, "a quote stands inside an unquoted field");
    return field;
  }

  std::string quoted() {
    const std::size_t first_line = line_;
    std::string field;
    for (++at_; more(); ++at_) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        if (peek() != '"') return field;
      }
      line_ += c == '\n';
      field += c;
    }
    fail(first_line, "a quote opens and never closes");
  }

  void end_of_row() {
    take('\r');
    if (more() && !take('\n')) fail(line_, "a character follows a closing quote, or a carriage return stands alone");
    ++line_;
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0, line_ = 1;
};

bool is_empty(const Fields& fields) { return fields.size() == 1 && fields[0].empty(); }

void check_columns(const Parser& parser, Fields columns) {
  if (columns.empty()) parser.fail(1, "the file is empty, expected a header");
  std::ranges::sort(columns);
  const auto twice = std::ranges::adjacent_find(columns);
  if (twice != columns.end()) parser.fail(1, "column " + *twice + " stands twice in the header");
}

}  // namespace

std::optional<std::size_t> CsvTable::find(std::string_view column) const {
  const auto it = std::ranges::find(columns, column);
  if (it == columns.end()) return std::nullopt;
  return static_cast<std::size_t>(it - columns.begin());
}

std::size_t CsvTable::need(std::initializer_list<std::string_view> names) const {
  std::string wanted, there;
  for (const std::string_view candidate : names) {
    if (const auto index = find(candidate)) return *index;
    wanted += (wanted.empty() ? "" : " or ") + std::string(candidate);
  }
  for (const std::string& column : columns) there += (there.empty() ? "" : ", ") + column;
  throw io::FormatError({"read CSV", name, "it has no column " + wanted + "; its columns are " + there,
                         "name a table that has this column, or rename the column in its first line"});
}

CsvTable parse_csv(std::string_view text, const std::string& name) {
  Parser parser(text, name);
  CsvTable table;
  table.name = name;
  while (parser.more()) {
    const std::size_t line = parser.line();
    Fields fields = parser.row();
    if (is_empty(fields)) continue;
    if (table.columns.empty()) {
      table.columns = std::move(fields);
      continue;
    }
    if (fields.size() != table.columns.size()) {
      parser.fail(line,
                  std::to_string(fields.size()) + " fields, the header has " + std::to_string(table.columns.size()));
    }
    if (table.rows.size() == kMaxRows) parser.fail(line, "more than " + std::to_string(kMaxRows) + " rows");
    table.rows.push_back(std::move(fields));
    table.lines.push_back(line);
  }
  check_columns(parser, table.columns);
  return table;
}

CsvTable read_csv(const std::filesystem::path& file) {
  const auto bytes = io::read_file(file, kMaxBytes, "read CSV");
  return parse_csv({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file.string());
}

}  // namespace app
