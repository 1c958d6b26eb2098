// Where in a kernel a call stands: file, line and column, because two barriers may share a line.
#pragma once

#if defined(__has_builtin)
#if __has_builtin(__builtin_source_location)
#define AFFETTO_SOURCE_LOCATION 1
#endif
#endif

#if defined(AFFETTO_SOURCE_LOCATION)
#include <source_location>
#endif

namespace kernels::emulator {

#if defined(AFFETTO_SOURCE_LOCATION)

using Site = std::source_location;

#else  // clang before 15

class Site {
 public:
  constexpr Site() = default;
  static constexpr Site current(const char* file = __builtin_FILE(), unsigned line = __builtin_LINE(),
                                unsigned column = __builtin_COLUMN()) {
    Site site;
    site.file_ = file;
    site.line_ = line;
    site.column_ = column;
    return site;
  }
  constexpr const char* file_name() const { return file_; }
  constexpr unsigned line() const { return line_; }
  constexpr unsigned column() const { return column_; }

 private:
  const char* file_ = "";
  unsigned line_ = 0, column_ = 0;
};

#endif

bool same_site(const Site& a, const Site& b);

}  // namespace kernels::emulator
