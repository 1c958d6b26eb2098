// Runs a fuzz target without libFuzzer, with any compiler:
//
//   target [--runs N] [--first K] [--seed S] [--seconds T] [--save DIR] [FILE|DIR]...
//
// First every seed of the target and every file named is replayed as it is. Then follow runs K to K + N - 1, or as many
// of them as fit into T seconds: each mutates one of these inputs. Run i of seed S is the same on every machine. On a
// crash, an exception or a run of over a minute the program says which input it was, and how to run just that one; with
// --save DIR it also stands there as DIR/finding. Exit code 0 if nothing was found.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

using Input = std::vector<std::uint8_t>;

/// Each target defines these two.
std::vector<Input> fuzz_seeds();
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
/// Of the sanitizers, if the build has one: called when it stops the program.
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace {

constexpr std::size_t kMaxInput = std::size_t{1} << 20;
constexpr unsigned kMaxRunSeconds = 60;

// What is running, for the handler of a crash: plain memory, written before each run. The handler's calls are not all
// safe in a signal; the program ends there anyway.
char g_what[512];
const Input* g_input = nullptr;
char g_save[512];

/// splitmix64: the next of a well-mixed sequence.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  /// In [0, bound), bound >= 1.
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }

 private:
  std::uint64_t state_;
};

void tell_finding() {
  (void)!::write(STDERR_FILENO, g_what, std::strlen(g_what));
  if (g_save[0] == 0 || g_input == nullptr) return;
  if (std::FILE* file = std::fopen(g_save, "wb")) {
    (void)!std::fwrite(g_input->data(), 1, g_input->size(), file);
    (void)std::fclose(file);
  }
}

void on_signal(int number) {
  tell_finding();
  ::signal(number, SIG_DFL);
  ::raise(number);
}

void catch_crashes() {
  const bool sanitized = __sanitizer_set_death_callback != nullptr;
  if (sanitized) __sanitizer_set_death_callback(tell_finding);
  for (const int number : {SIGABRT, SIGALRM}) ::signal(number, on_signal);
  if (sanitized) return;  // it reports these with a stack, then calls back
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) ::signal(number, on_signal);
}

void run(const Input& input) {
  g_input = &input;
  ::alarm(kMaxRunSeconds);
  try {
    // An own block of exactly this size lets the address sanitizer see one byte too many.
    const Input exact(input.begin(), input.end());
    (void)LLVMFuzzerTestOneInput(exact.data(), exact.size());
  } catch (const std::exception& e) {
    std::fprintf(stderr, "exception: %s\n", e.what());
    std::abort();
  }
  ::alarm(0);
}

void put_interesting(Input& in, Random& random) {
  static constexpr std::uint64_t kValues[] = {0,          1,          0x7F,       0x80,       0xFF,
                                              0x7FFF,     0x8000,     0xFFFF,     0x7FFFFFFF, 0x80000000,
                                              0xFFFFFFFF, 0x0FFFFFFF, 0xFFFFFFF8, ~0ull >> 1, ~0ull};
  const std::size_t width = std::size_t{1} << random.below(4);
  if (in.size() < width) return;
  const std::uint64_t value = kValues[random.below(std::size(kValues))];
  const std::size_t at = random.below(in.size() - width + 1);
  const bool big = random.below(2) == 0;
  for (std::size_t i = 0; i < width; ++i) {
    in[at + i] = static_cast<std::uint8_t>(value >> (8 * (big ? width - 1 - i : i)));
  }
}

auto offset(std::size_t n) { return static_cast<std::ptrdiff_t>(n); }

// A stretch of `from` goes over or between the bytes of `in`.
void splice(Input& in, const Input& from, Random& random) {
  if (from.empty()) return;
  const std::size_t begin = random.below(from.size());
  const std::size_t length = 1 + random.below(from.size() - begin);
  const Input piece(from.begin() + offset(begin), from.begin() + offset(begin + length));
  const std::size_t at = random.below(in.size() + 1);
  if (random.below(2) == 0) {
    in.insert(in.begin() + offset(at), piece.begin(), piece.end());
  } else {
    std::copy_n(piece.begin(), std::min(length, in.size() - at), in.begin() + offset(at));
  }
}

void mutate_once(Input& in, const std::vector<Input>& all, Random& random) {
  const std::size_t kind = random.below(8);
  if (in.empty() || kind == 0) {
    const std::size_t count = 1 + random.below(8), at = random.below(in.size() + 1);
    for (std::size_t i = 0; i < count; ++i)
      in.insert(in.begin() + offset(at), static_cast<std::uint8_t>(random.next()));
    return;
  }
  const std::size_t at = random.below(in.size());
  switch (kind) {
    case 1:
      in[at] ^= static_cast<std::uint8_t>(1u << random.below(8));
      break;
    case 2:
      in[at] = static_cast<std::uint8_t>(random.next());
      break;
    case 3:
      in.resize(at);
      break;
    case 4:
      in.erase(in.begin() + offset(at),
               in.begin() + offset(at + 1 + random.below(std::min<std::size_t>(16, in.size() - at))));
      break;
    case 5:
      put_interesting(in, random);
      break;
    case 6:
      splice(in, all[random.below(all.size())], random);
      break;
    default:
      splice(in, Input(in), random);
      break;
  }
}

Input mutated(const std::vector<Input>& all, std::uint64_t seed, std::uint64_t index) {
  Random random(seed * 0xD1342543DE82EF95u + index);
  Input in = all[random.below(all.size())];
  const std::size_t times = 1 + random.below(6);
  for (std::size_t i = 0; i < times; ++i) mutate_once(in, all, random);
  if (in.size() > kMaxInput) in.resize(kMaxInput);
  return in;
}

struct Options {
  std::uint64_t runs = 0, first = 0, seed = 1, seconds = 0;
  std::vector<std::filesystem::path> files;
};

[[noreturn]] void usage(const std::string& why) {
  std::fprintf(stderr, "%s\nusage: [--runs N] [--first K] [--seed S] [--seconds T] [--save DIR] [FILE|DIR]...\n",
               why.c_str());
  std::exit(2);
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) usage("not a number: " + std::string(text));
  return value;
}

void add_files(const std::filesystem::path& path, std::vector<std::filesystem::path>& files) {
  if (!std::filesystem::is_directory(path)) {
    files.push_back(path);
    return;
  }
  const std::size_t before = files.size();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin() + offset(before), files.end());
}

Options parse(int count, char** values) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string_view name = values[i];
    if (!name.starts_with("--")) {
      add_files(name, options.files);
      continue;
    }
    if (++i == count) usage("no value for " + std::string(name));
    if (name == "--save") {
      (void)std::snprintf(g_save, sizeof g_save, "%s/finding", values[i]);
      continue;
    }
    std::uint64_t* const field = name == "--runs"      ? &options.runs
                                 : name == "--first"   ? &options.first
                                 : name == "--seed"    ? &options.seed
                                 : name == "--seconds" ? &options.seconds
                                                       : nullptr;
    if (field == nullptr) usage("unknown option " + std::string(name));
    *field = number(values[i]);
  }
  return options;
}

std::vector<Input> replay(const Options& options) {
  std::vector<Input> inputs = fuzz_seeds();
  const std::size_t own = inputs.size();
  for (const auto& path : options.files) {
    std::ifstream file(path, std::ios::binary);
    if (!file) usage("cannot be read: " + path.string());
    inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::string name = i < own ? "seed " + std::to_string(i) : options.files[i - own].string();
    (void)std::snprintf(g_what, sizeof g_what, "finding: %s as it is\n", name.c_str());
    run(inputs[i]);
  }
  if (inputs.empty()) inputs.emplace_back();
  return inputs;
}

}  // namespace

int main(int count, char** values) {
  const Options options = parse(count, values);
  catch_crashes();
  const std::vector<Input> inputs = replay(options);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(options.seconds);
  const std::uint64_t runs = options.runs == 0 && options.seconds > 0 ? ~options.first : options.runs;
  std::uint64_t done = 0;
  for (; done < runs; ++done) {
    if (options.seconds > 0 && std::chrono::steady_clock::now() >= until) break;
    const std::uint64_t index = options.first + done;
    (void)std::snprintf(g_what, sizeof g_what,
                        "finding: run %llu of seed %llu; again with: --seed %llu --first %llu --runs 1%s\n",
                        static_cast<unsigned long long>(index), static_cast<unsigned long long>(options.seed),
                        static_cast<unsigned long long>(options.seed), static_cast<unsigned long long>(index),
                        options.files.empty() ? "" : " and the same files");
    run(mutated(inputs, options.seed, index));
  }
  std::printf("%zu inputs replayed, %llu runs, 0 findings\n", inputs.size(), static_cast<unsigned long long>(done));
  return 0;
}
