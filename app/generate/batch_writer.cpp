#include "app/generate/batch_writer.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "io/files/write_file.h"
#include "io/midi/write.h"

namespace app {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

double since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

}  // namespace

BatchWriter::BatchWriter(const Job& job, BatchFiles files, int threads)
    : job_(job), files_(std::move(files)), recipe_(job), capacity_(256) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

BatchWriter::~BatchWriter() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    not_empty_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
}

void BatchWriter::push(std::uint64_t index, std::vector<engine::Note> notes) {
  std::unique_lock lock(mutex_);
  const auto begin = Clock::now();
  not_full_.wait(lock, [&] { return queue_.size() < capacity_ || fatal_; });
  blocked_s_ += since(begin);
  if (fatal_) std::rethrow_exception(fatal_);
  queue_.push_back({index, std::move(notes)});
  not_empty_.notify_one();
}

void BatchWriter::finish() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    not_empty_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  if (fatal_) std::rethrow_exception(fatal_);
}

void BatchWriter::work() {
  std::optional<SoundWriter> sound;  // each thread has a synthesiser of its own, made for its first piece
  while (true) {
    Item item;
    {
      std::unique_lock lock(mutex_);
      not_empty_.wait(lock, [&] { return !queue_.empty() || closed_; });
      if (queue_.empty() || fatal_) return;
      item = std::move(queue_.front());
      queue_.pop_front();
      not_full_.notify_one();
    }
    try {
      write(item, sound);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!fatal_) fatal_ = std::current_exception();
      not_full_.notify_all();
      not_empty_.notify_all();
    }
  }
}

PieceFiles BatchWriter::make_files(const Item& item, std::optional<SoundWriter>& sound, double& write_s,
                                   double& render_s) {
  PieceFiles piece;
  const std::string stem = piece_stem(job_, item.index);
  const engine::Score score = piece_score(job_, item.notes, recipe_.text(item.index));
  const auto begin = Clock::now();
  const auto put = [&](const std::string& name, std::vector<std::uint8_t> bytes) {
    if (files_.archive != nullptr) {
      piece.files.push_back({name, std::move(bytes)});
    } else {
      io::write_file(files_.folder / name, bytes, files_.replace ? io::Existing::replace : io::Existing::refuse);
    }
  };
  Json line = {
      {"index", item.index}, {"file", stem + ".mid"}, {"notes", item.notes.size()}, {"length_s", score.length_s}};
  put(stem + ".mid", io::format_midi(score));
  if (!files_.piano_roll.empty()) {
    const std::string picture = piano_roll_svg(score, primer_end_s(job_, item.notes), stem);
    put(stem + "." + files_.piano_roll, {picture.begin(), picture.end()});
    line["piano_roll"] = stem + "." + files_.piano_roll;
  }
  write_s = since(begin);
  if (!files_.audio.empty()) {
    const std::string name = stem + "." + files_.audio;
    if (!sound) sound.emplace(files_.soundfont);
    sound->write((files_.folder / name).string(), score, files_.replace);
    line["audio"] = name;
    render_s = since(begin) - write_s;
  }
  piece.line = line.dump();
  return piece;
}

void BatchWriter::keep(const Item& item, PieceFiles piece) {
  if (files_.archive != nullptr) {
    files_.archive->add(item.index, std::move(piece));
  } else {
    files_.items->append(piece.line);
  }
}

void BatchWriter::write(const Item& item, std::optional<SoundWriter>& sound) {
  double write_s = 0, render_s = 0;
  PieceFiles piece;
  std::string problem;
  try {
    piece = make_files(item, sound, write_s, render_s);
  } catch (const engine::Error& error) {
    problem = error.what();
    piece.line = Json{{"index", item.index}, {"error", problem}}.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  const auto begin = Clock::now();
  keep(item, std::move(piece));
  write_s += since(begin);
  const std::lock_guard lock(mutex_);
  (problem.empty() ? written_ : failed_) += 1;
  if (first_problem_.empty()) first_problem_ = problem;
  write_s_ += write_s;
  render_s_ += render_s;
}

std::uint64_t BatchWriter::written() const {
  const std::lock_guard lock(mutex_);
  return written_;
}

std::uint64_t BatchWriter::failed() const {
  const std::lock_guard lock(mutex_);
  return failed_;
}

std::string BatchWriter::first_problem() const {
  const std::lock_guard lock(mutex_);
  return first_problem_;
}

double BatchWriter::write_s() const {
  const std::lock_guard lock(mutex_);
  return write_s_;
}

double BatchWriter::render_s() const {
  const std::lock_guard lock(mutex_);
  return render_s_;
}

}  // namespace app
