#include "app/glue/outputs.h"

#include <cstdio>
#include <filesystem>

namespace app {

void check_free(const std::string& file, bool force) {
  std::error_code error;
  if (file.empty()) return;
  if (!force && std::filesystem::is_regular_file(file, error)) {
    throw io::WriteError({"write", file, "it exists already", "give another name, or --force to replace it"});
  }
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder, error)) {
    throw io::WriteError({"write", file, "there is no folder " + folder.string(), "create the folder first"});
  }
}

void print_row(const std::string& name, const std::string& value) {
  std::string line = value;
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  std::printf("%-14s %s\n", name.c_str(), line.c_str());
}

std::string fixed(double number, int digits) {
  char text[400];  // the longest double has 309 digits before the point
  std::snprintf(text, sizeof text, "%.*f", digits, number);
  return text;
}

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace app
