// Archives, read back byte by byte from the format's description (PKWARE's APPNOTE, 4.3).
#include "io/files/zip.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <map>
#include <vector>

#include "tests/io/scratch.h"

namespace io {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes content_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::uint64_t number_at(const Bytes& bytes, std::size_t at, int size) {
  std::uint64_t value = 0;
  for (int i = size - 1; i >= 0; --i) value = value << 8 | bytes.at(at + static_cast<std::size_t>(i));
  return value;
}

/// Where the last record with this signature begins.
std::size_t last_record(const Bytes& bytes, std::uint32_t signature) {
  for (std::size_t at = bytes.size() - 4;; --at) {
    if (number_at(bytes, at, 4) == signature) return at;
    if (at == 0) throw std::runtime_error("no such record");
  }
}

/// Stored entries by name, through the central directory.
std::map<std::string, Bytes> entries_of(const Bytes& zip) {
  std::map<std::string, Bytes> entries;
  const std::size_t end = last_record(zip, 0x06054b50);
  std::size_t at = number_at(zip, end + 16, 4);
  for (std::uint64_t i = 0; i < number_at(zip, end + 10, 2); ++i) {
    EXPECT_EQ(number_at(zip, at, 4), 0x02014b50u);
    EXPECT_EQ(number_at(zip, at + 10, 2), 0u) << "stored, not packed";
    const auto size = number_at(zip, at + 24, 4), name_size = number_at(zip, at + 28, 2);
    const std::size_t local = number_at(zip, at + 42, 4);
    const std::string name(zip.begin() + static_cast<std::ptrdiff_t>(at + 46),
                           zip.begin() + static_cast<std::ptrdiff_t>(at + 46 + name_size));
    const std::size_t data = local + 30 + number_at(zip, local + 26, 2) + number_at(zip, local + 28, 2);
    entries[name] =
        Bytes(zip.begin() + static_cast<std::ptrdiff_t>(data), zip.begin() + static_cast<std::ptrdiff_t>(data + size));
    at += 46 + name_size + number_at(zip, at + 30, 2) + number_at(zip, at + 32, 2);
  }
  return entries;
}

class Zip : public testing::Test {
 protected:
  void SetUp() override {
    if (!can_write_zip()) GTEST_SKIP() << "this build has no libarchive";
  }
  test::Scratch scratch;
  std::filesystem::path path = scratch / "a.zip";
};

TEST_F(Zip, HoldsWhatWasAdded) {
  ZipFile zip(path, Existing::refuse);
  zip.add("one.mid", Bytes{1, 2, 3});
  zip.add("empty", {});
  zip.add("two.mid", Bytes(100'000, 7));
  EXPECT_FALSE(std::filesystem::exists(path)) << "it was to be seen before it was whole";
  zip.finish();
  const auto entries = entries_of(content_of(path));
  EXPECT_EQ(entries,
            (std::map<std::string, Bytes>{{"one.mid", {1, 2, 3}}, {"empty", {}}, {"two.mid", Bytes(100'000, 7)}}));
}

TEST_F(Zip, WithoutFinishNothingIsLeft) {
  { ZipFile(path, Existing::refuse).add("one.mid", Bytes{1}); }
  EXPECT_TRUE(scratch.entries() == 0);
}

TEST_F(Zip, WhatIsThereIsRefusedOrReplaced) {
  std::ofstream(path) << "mine";
  EXPECT_THROW(ZipFile(path, Existing::refuse), WriteError);
  EXPECT_EQ(content_of(path).size(), 4u);
  ZipFile zip(path, Existing::replace);
  zip.add("one.mid", Bytes{1});
  zip.finish();
  EXPECT_EQ(entries_of(content_of(path)).size(), 1u);
  EXPECT_THROW(ZipFile(scratch.folder(), Existing::replace), WriteError) << "a folder";
  EXPECT_THROW(ZipFile(scratch.folder() / "no" / "a.zip", Existing::refuse), WriteError);
}

TEST_F(Zip, MoreEntriesThanTheOldFormCounts) {
  constexpr int kEntries = 66'000;
  ZipFile zip(path, Existing::refuse);
  for (int i = 0; i < kEntries; ++i) zip.add(std::to_string(i), {});
  zip.finish();
  const Bytes bytes = content_of(path);
  EXPECT_EQ(number_at(bytes, last_record(bytes, 0x06064b50) + 32, 8), static_cast<std::uint64_t>(kEntries));
}

TEST_F(Zip, ALinkIsFollowedAndStays) {
  std::filesystem::create_symlink("there.zip", path);
  ZipFile zip(path, Existing::refuse);
  zip.add("one.mid", Bytes{1});
  zip.finish();
  EXPECT_TRUE(std::filesystem::is_symlink(path));
  EXPECT_EQ(entries_of(content_of(scratch / "there.zip")).size(), 1u);
}

TEST_F(Zip, AFullDiskIsTold) {
  std::signal(SIGXFSZ, SIG_IGN);  // then a file beyond the limit is an error of write(2), as a full disk is
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{1 << 20, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  std::string problem;
  try {
    ZipFile zip(path, Existing::refuse);
    zip.add("one.mid", Bytes(4 << 20));
    zip.finish();
  } catch (const WriteError& error) {
    problem = error.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_NE(problem.find("a.zip"), std::string::npos) << problem;
  EXPECT_EQ(scratch.entries(), 0);
}

TEST(ZipAbsent, SaysWhichPackage) {
  if (can_write_zip()) GTEST_SKIP() << "this build has libarchive";
  try {
    ZipFile zip("a.zip", Existing::refuse);
    FAIL() << "no archive can be made here";
  } catch (const WriteError& error) {
    EXPECT_NE(error.problem().hint.find("libarchive-dev"), std::string::npos);
  }
}

}  // namespace
}  // namespace io
