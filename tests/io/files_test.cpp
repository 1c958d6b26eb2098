#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <thread>

#include "io/files/directories.h"
#include "io/files/line_log.h"
#include "io/files/read_file.h"
#include "io/files/sha256.h"
#include "io/files/write_file.h"
#include "tests/io/scratch.h"

namespace {

namespace fs = std::filesystem;
using io::Durability;
using io::Existing;
using test::Scratch;

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void put(const fs::path& path, std::string_view text) { std::ofstream(path, std::ios::binary) << text; }

/// Files of this process may not pass `bytes` while it lives: a full disk, made small.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) : old_handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit small{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    ::signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_{};
  sighandler_t old_handler_;
};

/// The problem of the error that `act` throws; fails the test if it throws none.
template <typename Error, typename Act>
engine::Problem problem_of(Act act) {
  try {
    act();
  } catch (const Error& error) {
    return error.problem();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    value ? ::setenv(name, value, 1) : ::unsetenv(name);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { old_ ? ::setenv(name_, old_->c_str(), 1) : ::unsetenv(name_); }

 private:
  const char* name_;
  std::optional<std::string> old_;
};

TEST(WriteFile, WritesAllBytesAndLeavesNothingElse) {
  const Scratch scratch;
  const std::string text = std::string("a\0b\n", 4) + std::string(300'000, 'x');
  io::write_file(scratch / "out", text, Existing::refuse, Durability::fsync);
  EXPECT_EQ(content(scratch / "out"), text);
  EXPECT_EQ(scratch.entries(), 1);
}

TEST(WriteFile, RefusesAnExistingFileAndLeavesItAlone) {
  const Scratch scratch;
  put(scratch / "out", "old");
  const auto problem = problem_of<io::WriteError>([&] { io::write_file(scratch / "out", "new", Existing::refuse); });
  EXPECT_EQ(problem.where, (scratch / "out").string());
  EXPECT_NE(problem.why.find("exists"), std::string::npos) << problem.why;
  EXPECT_NE(problem.hint.find("--force"), std::string::npos) << problem.hint;
  EXPECT_EQ(content(scratch / "out"), "old");
  EXPECT_EQ(scratch.entries(), 1);
}

TEST(WriteFile, ReplacesAnExistingFileAndKeepsItsPermissions) {
  const Scratch scratch;
  put(scratch / "out", "old and longer");
  fs::permissions(scratch / "out", fs::perms{0640});
  io::write_file(scratch / "out", "new", Existing::replace);
  EXPECT_EQ(content(scratch / "out"), "new");
  EXPECT_EQ(fs::status(scratch / "out").permissions(), fs::perms{0640});
  EXPECT_EQ(scratch.entries(), 1);
}

TEST(WriteFile, OfSeveralRacingWritersThatRefuseExactlyOneWins) {
  const Scratch scratch;
  constexpr int kWriters = 4;
  for (int round = 0; round < 40; ++round) {
    const fs::path path = scratch.folder() / std::to_string(round);
    std::atomic<int> ready{0}, wins{0}, refusals{0};
    std::vector<std::thread> writers;
    for (int w = 0; w < kWriters; ++w) {
      writers.emplace_back([&, w] {
        ++ready;
        while (ready < kWriters) std::this_thread::yield();
        try {
          io::write_file(path, std::string(1000, static_cast<char>('a' + w)), Existing::refuse);
          ++wins;
        } catch (const io::WriteError&) {
          ++refusals;
        }
      });
    }
    for (std::thread& writer : writers) writer.join();
    ASSERT_EQ(wins, 1);
    ASSERT_EQ(refusals, kWriters - 1);
    const std::string text = content(path);
    ASSERT_EQ(text, std::string(1000, text.at(0)));
  }
  EXPECT_EQ(scratch.entries(), 40);
}

TEST(WriteFile, AFullDiskLeavesTheOldFileAndNoHiddenOne) {
  const Scratch scratch;
  put(scratch / "out", "old");
  {
    const SmallDisk disk(1000);
    const auto problem =
        problem_of<io::WriteError>([&] { io::write_file(scratch / "out", std::string(5000, 'x'), Existing::replace); });
    EXPECT_FALSE(problem.why.empty());
    EXPECT_NE(problem.hint.find("ulimit"), std::string::npos) << problem.hint;
  }
  EXPECT_EQ(content(scratch / "out"), "old");
  EXPECT_EQ(scratch.entries(), 1);
}

TEST(WriteFile, AMissingFolderIsNamedInTheHint) {
  const Scratch scratch;
  const auto problem =
      problem_of<io::WriteError>([&] { io::write_file(scratch / "no" / "out", "x", Existing::refuse); });
  EXPECT_NE(problem.hint.find("mkdir -p '" + (scratch / "no").string()), std::string::npos) << problem.hint;
  EXPECT_EQ(scratch.entries(), 0);
}

TEST(WriteFile, AFolderIsNotReplacedByAFile) {
  const Scratch scratch;
  fs::create_directory(scratch / "folder");
  for (const char* name : {"folder", "folder/"}) {
    EXPECT_THROW(io::write_file(scratch / name, "x", Existing::replace), io::WriteError) << name;
  }
  EXPECT_TRUE(fs::is_directory(scratch / "folder"));
  EXPECT_THROW(io::write_file("", "x", Existing::replace), io::WriteError);
}

TEST(WriteFile, FollowsALinkAndKeepsIt) {
  const Scratch scratch;
  put(scratch / "real", "old");
  fs::create_symlink("real", scratch / "link");
  fs::create_symlink("new", scratch / "dangling");
  fs::create_symlink("ring", scratch / "ring");
  io::write_file(scratch / "link", "new", Existing::replace);
  EXPECT_TRUE(fs::is_symlink(scratch / "link"));
  EXPECT_EQ(content(scratch / "real"), "new");
  EXPECT_THROW(io::write_file(scratch / "link", "x", Existing::refuse), io::WriteError);
  io::write_file(scratch / "dangling", "made", Existing::refuse);
  EXPECT_EQ(content(scratch / "new"), "made");
  EXPECT_THROW(io::write_file(scratch / "ring", "x", Existing::replace), io::WriteError);
}

TEST(WriteFile, DevicesAreWrittenStraightAndNeverReplaced) {
  io::write_file("/dev/null", "x", Existing::refuse);
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "this system has no /dev/full";
  const auto problem = problem_of<io::WriteError>([] { io::write_file("/dev/full", "x", Existing::replace); });
  EXPECT_NE(problem.hint.find("free some space"), std::string::npos) << problem.hint;
}

TEST(ReadFile, GivesEveryByteUpToTheLimitAndNoneBeyond) {
  const Scratch scratch;
  const std::string text(1000, 'y');
  put(scratch / "in", text);
  const auto bytes = io::read_file(scratch / "in", 1000, "read test");
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()), text);
  const auto problem = problem_of<io::FormatError>([&] { io::read_file(scratch / "in", 999, "read test"); });
  EXPECT_EQ(problem.what, "read test");
  EXPECT_NE(problem.why.find("1000 bytes; at most 999"), std::string::npos) << problem.why;
}

TEST(ReadFile, AnEmptyFileIsNoBytes) {
  const Scratch scratch;
  put(scratch / "in", "");
  EXPECT_TRUE(io::read_file(scratch / "in", 0, "read test").empty());
}

TEST(ReadFile, MissingFileAndFolderAreFormatErrorsWithAHint) {
  const Scratch scratch;
  for (const fs::path& path : {scratch / "missing", scratch.folder()}) {
    const auto problem = problem_of<io::FormatError>([&] { io::read_file(path, 10, "read test"); });
    EXPECT_EQ(problem.where, path.string());
    EXPECT_FALSE(problem.why.empty());
    EXPECT_FALSE(problem.hint.empty());
  }
}

TEST(ReadFile, APipeIsReadToItsEndWithinTheLimit) {
  const Scratch scratch;
  const std::string text(400'000, 'p');  // more than a pipe and a chunk hold
  ASSERT_EQ(::mkfifo((scratch / "pipe").c_str(), 0600), 0);
  std::thread writer([&] { put(scratch / "pipe", text); });
  const auto bytes = io::read_file(scratch / "pipe", text.size(), "read test");
  writer.join();
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()), text);
}

TEST(ReadFile, APipeThatHoldsOneByteTooManyIsRefused) {
  const Scratch scratch;
  ASSERT_EQ(::mkfifo((scratch / "pipe").c_str(), 0600), 0);
  std::thread writer([&] { put(scratch / "pipe", std::string(1000, 'p')); });  // below PIPE_BUF: one write, never torn
  EXPECT_THROW(io::read_file(scratch / "pipe", 999, "read test"), io::FormatError);
  writer.join();
}

TEST(ReadFile, AnEndlessDeviceStopsAtTheLimit) {
  EXPECT_THROW(io::read_file("/dev/zero", 1 << 20, "read test"), io::FormatError);
}

TEST(LineLog, LinesAreInTheFileWhenAppendReturns) {
  const Scratch scratch;
  io::LineLog log = io::LineLog::create(scratch / "log", Existing::refuse);
  log.append("one");
  log.append("");
  EXPECT_EQ(content(scratch / "log"), "one\n\n");
  log.sync();
  EXPECT_THROW(log.append("two\nthree"), std::invalid_argument);
  EXPECT_THROW(io::LineLog::create(scratch / "log", Existing::refuse), io::WriteError);
  io::LineLog::create(scratch / "log", Existing::replace).append("new");
  EXPECT_EQ(content(scratch / "log"), "new\n");
}

TEST(LineLog, ResumingCutsATornLineAndNothingElse) {
  struct Case {
    const char* name;
    std::string before, kept;
  };
  const std::string line(5000, 'l');  // longer than the block in which the end is searched
  const Case cases[] = {{"absent or empty", "", ""},
                        {"whole", "a\nb\n", "a\nb\n"},
                        {"torn", "a\nb\nc", "a\nb\n"},
                        {"one torn line", "torn", ""},
                        {"long torn line", "a\n" + line, "a\n"},
                        {"long whole line", line + "\n" + line, line + "\n"},
                        {"newline where a block begins", std::string(99, 'a') + "\n" + std::string(4095, 't'),
                         std::string(99, 'a') + "\n"}};
  for (const Case& c : cases) {
    const Scratch scratch;
    if (!c.before.empty()) put(scratch / "log", c.before);
    io::LineLog::resume(scratch / "log").append("next");
    EXPECT_EQ(content(scratch / "log"), c.kept + "next\n") << c.name;
  }
}

TEST(LineLog, ALineThatDoesNotFitIsTakenBackWhole) {
  const Scratch scratch;
  io::LineLog log = io::LineLog::create(scratch / "log", Existing::refuse);
  const std::string line(59, 'l');
  log.append(line);
  {
    const SmallDisk disk(100);  // 60 bytes are there, so 40 of the next 60 fit
    EXPECT_THROW(log.append(line), io::WriteError);
  }
  EXPECT_EQ(content(scratch / "log"), line + "\n");
  log.append("after");
  EXPECT_EQ(content(scratch / "log"), line + "\nafter\n");
}

TEST(LineLog, ReadLinesLeavesATornLineOut) {
  const Scratch scratch;
  put(scratch / "log", "a\n\nb\ntorn");
  EXPECT_EQ(io::read_lines(scratch / "log", 100, "read log"), (std::vector<std::string>{"a", "", "b"}));
}

TEST(Directories, AreMadeWithTheirParentsAndMayExist) {
  const Scratch scratch;
  io::ensure_directory(scratch / "a/b/c");
  io::ensure_directory(scratch / "a/b/c");
  EXPECT_TRUE(io::is_writable_directory(scratch / "a/b/c"));
  put(scratch / "file", "x");
  EXPECT_FALSE(io::is_writable_directory(scratch / "file"));
  EXPECT_FALSE(io::is_writable_directory(scratch / "missing"));
  for (const char* name : {"file", "file/below"}) {
    const auto problem = problem_of<io::WriteError>([&] { io::ensure_directory(scratch / name); });
    EXPECT_NE(problem.hint.find("file stands in the way"), std::string::npos) << name << ": " << problem.hint;
  }
}

TEST(Directories, TheCacheFollowsTheVariablesInTheirOrder) {
  const Variable home("HOME", "/home/someone");
  const Variable own("AFFETTO_CACHE", "");
  {
    const Variable xdg("XDG_CACHE_HOME", "relative");
    EXPECT_EQ(io::cache_directory(), "/home/someone/.cache/affetto");
  }
  const Variable xdg("XDG_CACHE_HOME", "/xdg");
  EXPECT_EQ(io::cache_directory(), "/xdg/affetto");
  {
    const Variable set("AFFETTO_CACHE", "/own");
    EXPECT_EQ(io::cache_directory(), "/own");
  }
  const Variable no_xdg("XDG_CACHE_HOME", nullptr);
  const Variable no_home("HOME", nullptr);
  EXPECT_THROW(io::cache_directory(), io::WriteError);
}

std::string hash_of(std::string_view text) {
  return io::sha256_hex({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

// Vectors of FIPS 180-2, appendix B, and of the NIST example pages.
TEST(Sha256, EqualsThePublishedVectors) {
  EXPECT_EQ(hash_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hash_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hash_of("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                    "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"),
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  EXPECT_EQ(hash_of(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PadsEveryLengthAroundABlockRight) {
  // sha256sum of coreutils 9.1 over that many letters a.
  EXPECT_EQ(hash_of(std::string(55, 'a')), "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
  EXPECT_EQ(hash_of(std::string(56, 'a')), "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a");
  EXPECT_EQ(hash_of(std::string(63, 'a')), "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34");
  EXPECT_EQ(hash_of(std::string(64, 'a')), "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
  EXPECT_EQ(hash_of(std::string(119, 'a')), "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb");
}

}  // namespace
