// Tables as corpora write them, and as they are when something is wrong.
#include "app/glue/csv.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/io/scratch.h"

namespace app {
namespace {

using Row = std::vector<std::string>;

std::string problem_of(std::string_view text) {
  try {
    parse_csv(text, "t.csv");
  } catch (const io::FormatError& error) {
    return error.problem().why;
  }
  return "no error";
}

TEST(Csv, HeaderAndRowsAreSplitAtCommas) {
  const CsvTable table = parse_csv("file,split\na.mid,train\nb.mid,validation\n", "t.csv");
  EXPECT_EQ(table.columns, (Row{"file", "split"}));
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[1], (Row{"b.mid", "validation"}));
  EXPECT_EQ(table.lines, (std::vector<std::size_t>{2, 3}));
}

TEST(Csv, QuotedFieldsHoldCommasQuotesAndLineBreaks) {
  const CsvTable table = parse_csv("a,b,c\n\"x, y\",\"say \"\"hi\"\"\",\"two\nlines\"\n1,,\"\"\n", "t.csv");
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[0], (Row{"x, y", "say \"hi\"", "two\nlines"}));
  EXPECT_EQ(table.rows[1], (Row{"1", "", ""}));
  EXPECT_EQ(table.lines[1], 4u);  // the quoted line break counts
}

TEST(Csv, ByteOrderMarkCarriageReturnsEmptyLinesAndAMissingLastBreakDoNotShow) {
  const CsvTable table = parse_csv(
      "\xEF\xBB\xBF"
      "a,b\r\n\r\n1,2\r\n\n3,4",
      "t.csv");
  EXPECT_EQ(table.columns, (Row{"a", "b"}));
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[1], (Row{"3", "4"}));
  EXPECT_EQ(table.lines, (std::vector<std::size_t>{3, 5}));
}

TEST(Csv, SpacesAreKept) { EXPECT_EQ(parse_csv("a\n x \n", "t.csv").rows[0], (Row{" x "})); }

TEST(Csv, AHeaderAloneIsATableWithoutRows) { EXPECT_TRUE(parse_csv("a,b", "t.csv").rows.empty()); }

TEST(Csv, BrokenTablesAreRefusedWithTheLine) {
  EXPECT_NE(problem_of("").find("empty"), std::string::npos);
  EXPECT_NE(problem_of("\n\n").find("empty"), std::string::npos);
  EXPECT_NE(problem_of("a,b\n1,2\n1,2,3\n").find("line 3: 3 fields, the header has 2"), std::string::npos);
  EXPECT_NE(problem_of("a,b\n1\n").find("line 2: 1 fields"), std::string::npos);
  EXPECT_NE(problem_of("a,b\n1,\"2\n").find("line 2: a quote opens"), std::string::npos);
  EXPECT_NE(problem_of("a,b\n1,x\"2\"\n").find("line 2: a quote stands"), std::string::npos);
  EXPECT_NE(problem_of("a,b\n1,\"2\"x\n").find("line 2: a character follows"), std::string::npos);
  EXPECT_NE(problem_of("a,b\n1\r,2\n").find("line 2"), std::string::npos);
  EXPECT_NE(problem_of("a,b,a\n").find("column a stands twice"), std::string::npos);
}

TEST(Csv, ColumnsAreFoundByTheFirstNameThatFits) {
  const CsvTable table = parse_csv("file,midi_filename,split\n", "t.csv");
  EXPECT_EQ(table.need({"midi_filename", "file"}), 1u);
  EXPECT_EQ(table.need({"name", "file"}), 0u);
  EXPECT_EQ(table.find("year"), std::nullopt);
}

TEST(Csv, AMissingColumnIsToldWithThoseThatAreThere) {
  try {
    parse_csv("x,y\n", "t.csv").need({"quadrant", "label"});
    FAIL() << "no error";
  } catch (const io::FormatError& error) {
    EXPECT_EQ(error.problem().where, "t.csv");
    EXPECT_EQ(error.problem().why, "it has no column quadrant or label; its columns are x, y");
  }
}

TEST(Csv, FilesAreReadAndMissingOnesAreAFormatError) {
  const test::Scratch scratch;
  std::ofstream(scratch / "t.csv") << "a\n1\n";
  EXPECT_EQ(read_csv(scratch / "t.csv").rows.size(), 1u);
  EXPECT_THROW(read_csv(scratch / "absent.csv"), io::FormatError);
}

}  // namespace
}  // namespace app
