#include "io/files/zip.h"

namespace io {

struct ZipFile::State {};

ZipFile::ZipFile(const std::filesystem::path& path, Existing) {
  throw WriteError({"write archive", path.string(), "this build has no libarchive",
                    "apt-get install libarchive-dev and build again, or name a folder instead of a .zip"});
}
ZipFile::~ZipFile() = default;
void ZipFile::add(const std::string&, std::span<const std::uint8_t>) {}
void ZipFile::finish() {}

bool can_write_zip() noexcept { return false; }

}  // namespace io
