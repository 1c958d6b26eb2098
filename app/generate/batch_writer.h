// Writes the pieces of a batch while later ones are composed.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "app/generate/batch_archive.h"
#include "app/generate/job.h"
#include "app/generate/piece.h"
#include "app/generate/recipe.h"
#include "io/files/line_log.h"

namespace app {

struct BatchFiles {
  std::filesystem::path folder;
  std::string audio, piano_roll;  ///< extensions, empty: none
  std::string soundfont;
  bool replace = false;             ///< pieces that are there already (--resume, --force)
  io::LineLog* items = nullptr;     ///< of the folder; or
  BatchArchive* archive = nullptr;  ///< everything goes there
};

/// A bounded queue before a few threads. A piece's line enters items.jsonl after its files are whole; a piece that
/// cannot be written is a line with `error` and counts as failed; a log or archive that cannot be written ends the
/// batch.
class BatchWriter {
 public:
  BatchWriter(const Job& job, BatchFiles files, int threads);
  ~BatchWriter();

  /// Blocks while the queue is full. Rethrows what ended the batch.
  void push(std::uint64_t index, std::vector<engine::Note> notes);
  /// Waits for the queue to empty and the threads to end; rethrows.
  void finish();

  std::uint64_t written() const;
  std::uint64_t failed() const;
  std::string first_problem() const;               ///< of the pieces that failed
  double blocked_s() const { return blocked_s_; }  ///< time push() waited
  double write_s() const;
  double render_s() const;

 private:
  struct Item {
    std::uint64_t index;
    std::vector<engine::Note> notes;
  };
  void work();
  void write(const Item& item, std::optional<SoundWriter>& sound);
  PieceFiles make_files(const Item& item, std::optional<SoundWriter>& sound, double& write_s, double& render_s);
  void keep(const Item& item, PieceFiles piece);

  const Job& job_;
  const BatchFiles files_;
  const RecipeWriter recipe_;
  const std::size_t capacity_;

  mutable std::mutex mutex_;
  std::condition_variable not_empty_, not_full_;
  std::deque<Item> queue_;
  bool closed_ = false;
  std::exception_ptr fatal_;
  std::uint64_t written_ = 0, failed_ = 0;
  double write_s_ = 0, render_s_ = 0, blocked_s_ = 0;
  std::string first_problem_;
  std::vector<std::thread> threads_;
};

}  // namespace app
