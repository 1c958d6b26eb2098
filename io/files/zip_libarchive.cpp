#include <archive.h>
#include <archive_entry.h>

#include <cerrno>

#include "io/files/hidden_file.h"
#include "io/files/zip.h"

namespace io {
namespace {

namespace fs = std::filesystem;

constexpr int kBlockBytes = 1 << 20;       // of a write(2)
constexpr std::int64_t kTime = 315532800;  // 1980-01-01, where the format's calendar begins: a piece has no date

struct FreeArchive {
  void operator()(archive* a) const { archive_write_free(a); }
};
struct FreeEntry {
  void operator()(archive_entry* e) const { archive_entry_free(e); }
};

}  // namespace

struct ZipFile::State {
  fs::path path;
  Existing existing;
  HiddenFile file;
  // Freed before the file goes: what was not finished is written into it once more, and vanishes with it.
  std::unique_ptr<archive, FreeArchive> zip{archive_write_new()};
  std::unique_ptr<archive_entry, FreeEntry> entry{archive_entry_new()};

  State(const fs::path& path_, Existing existing_) : path(path_), existing(existing_), file(path_) {}

  void check(int status) const {
    if (status >= ARCHIVE_WARN) return;
    const int error = archive_errno(zip.get());
    if (error > 0) fail_write(path, error);
    const char* text = archive_error_string(zip.get());
    throw WriteError({"write archive", path.string(), text != nullptr ? text : "libarchive does not say why",
                      "name a folder instead of a .zip"});
  }
};

ZipFile::ZipFile(const fs::path& path, Existing existing) {
  std::error_code error;
  if (existing == Existing::refuse && fs::exists(path, error)) fail_write(path, EEXIST);
  if (fs::is_directory(path, error)) fail_write(path, EISDIR);
  state_ = std::make_unique<State>(behind_links(path), existing);
  archive* zip = state_->zip.get();
  state_->check(archive_write_set_format_zip(zip));
  state_->check(archive_write_zip_set_compression_store(zip));
  state_->check(archive_write_set_bytes_per_block(zip, kBlockBytes));
  state_->check(archive_write_set_bytes_in_last_block(zip, 1));  // no padding
  state_->check(archive_write_open_fd(zip, state_->file.fd()));
}

ZipFile::~ZipFile() = default;

void ZipFile::add(const std::string& name, std::span<const std::uint8_t> bytes) {
  archive_entry* entry = state_->entry.get();
  archive_entry_clear(entry);
  archive_entry_set_pathname_utf8(entry, name.c_str());
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_perm(entry, 0644);
  archive_entry_set_mtime(entry, kTime, 0);
  archive_entry_set_size(entry, static_cast<std::int64_t>(bytes.size()));
  state_->check(archive_write_header(state_->zip.get(), entry));
  const la_ssize_t written = archive_write_data(state_->zip.get(), bytes.data(), bytes.size());
  if (written < 0) state_->check(static_cast<int>(written));
  state_->check(archive_write_finish_entry(state_->zip.get()));
}

void ZipFile::finish() {
  state_->check(archive_write_close(state_->zip.get()));
  if (const int error = state_->file.move_to(state_->path, state_->existing)) fail_write(state_->path, error);
}

bool can_write_zip() noexcept { return true; }

}  // namespace io
