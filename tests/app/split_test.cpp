// Parts of a corpus by its own table.
#include "app/glue/split.h"

#include <gtest/gtest.h>

#include <fstream>

#include "app/glue/exit_codes.h"
#include "tests/io/scratch.h"

namespace app {
namespace {

namespace fs = std::filesystem;

/// A corpus of three files in two folders and a table that knows two of them, and one that is not there.
class Split : public testing::Test {
 protected:
  Split() {
    fs::create_directory(scratch_ / "2004");
    for (const char* name : {"2004/a.mid", "2004/b, live.mid", "c.mid"}) std::ofstream(scratch_ / name) << "x";
    write_table(
        "midi_filename,split,year\n2004/a.mid,train,2004\n\"2004/b, live.mid\",validation,2004\ngone.mid,test,2004\n");
    files_ = {scratch_ / "2004/a.mid", scratch_ / "2004/b, live.mid", scratch_ / "c.mid"};
  }
  void write_table(const std::string& text) { std::ofstream(scratch_ / "t.csv") << text; }
  std::string spec(const std::string& part) const { return (scratch_ / "t.csv").string() + ":" + part; }

  test::Scratch scratch_;
  std::vector<fs::path> files_;
};

TEST_F(Split, SelectsTheFilesOfAPartByNamesRelativeToTheTable) {
  EXPECT_EQ(select_split(files_, spec("train")), (std::vector<fs::path>{files_[0]}));
  EXPECT_EQ(select_split(files_, spec("validation")), (std::vector<fs::path>{files_[1]}));
}

TEST_F(Split, TheSameFileUnderAnotherNameIsSelected) {
  const std::vector<fs::path> other = {scratch_ / "2004/../2004/./a.mid"};
  EXPECT_EQ(select_split(other, spec("train")), other);
  fs::create_directory_symlink(scratch_.folder(), scratch_ / "link");
  const std::vector<fs::path> linked = {scratch_ / "link/2004/a.mid"};
  EXPECT_EQ(select_split(linked, spec("train")), linked);
}

TEST_F(Split, TheColumnFileServesToo) {
  write_table("file,split\nc.mid,train\n");
  EXPECT_EQ(select_split(files_, spec("train")), (std::vector<fs::path>{files_[2]}));
}

TEST_F(Split, AnUnknownPartIsAUsageErrorThatListsTheKnownOnes) {
  try {
    select_split(files_, spec("dev"));
    FAIL() << "no error";
  } catch (const UsageError& error) {
    EXPECT_EQ(error.problem().hint, "it knows: test, train, validation");
  }
}

TEST_F(Split, ASpecWithoutTableOrPartIsAUsageError) {
  for (const char* bad : {"train", ":train", "t.csv:", ""}) EXPECT_THROW(select_split(files_, bad), UsageError) << bad;
}

TEST_F(Split, APartWithoutAnyOfTheFilesIsAFormatError) {
  EXPECT_THROW(select_split(files_, spec("test")), io::FormatError);
}

TEST_F(Split, ATableWithoutTheColumnsIsAFormatError) {
  write_table("name,split\nc.mid,train\n");
  EXPECT_THROW(select_split(files_, spec("train")), io::FormatError);
  write_table("file,part\nc.mid,train\n");
  EXPECT_THROW(select_split(files_, spec("train")), io::FormatError);
  EXPECT_THROW(select_split(files_, (scratch_ / "absent.csv").string() + ":train"), io::FormatError);
}

}  // namespace
}  // namespace app
