#include "engine/generate/session.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace engine {

struct Session::Running {
  PieceRequest request;
  int slot = 0;
  int written = 0;         ///< notes delivered
  int stretch = 0;         ///< notes in the current block
  std::size_t change = 0;  ///< next of request.changes
  std::vector<Note> notes;
  std::vector<NoteTrace> traces;
};

namespace {

bool same(const PieceKey& a, const PieceKey& b) { return a.seed == b.seed && a.index == b.index; }

void check(const PieceRequest& request) {
  if (request.notes < 1) throw std::invalid_argument("a piece needs at least one note");
  if (!request.primer) throw std::invalid_argument("a piece needs a primed start (Decoder::prime)");
  int previous = 0;
  for (const Change& change : request.changes) {
    if (change.note < previous) throw std::invalid_argument("changes of expression must rise by note");
    previous = change.note;
  }
}

}  // namespace

Session::Session(Decoder& decoder, int block) : decoder_(decoder), block_(block) {
  if (block < 1) throw std::invalid_argument("a session's block needs at least one note");
  for (int slot = decoder.slots() - 1; slot >= 0; --slot) free_slots_.push_back(slot);
}

Session::~Session() = default;

void Session::add(PieceRequest request) {
  check(request);
  const std::lock_guard lock(mutex_);
  queue_.push_back(std::move(request));
}

bool Session::express(const PieceKey& key, const Expression& expression) {
  const std::lock_guard lock(mutex_);
  for (PieceRequest& request : queue_) {
    if (same(request.key, key)) {
      request.expression = expression;
      return true;
    }
  }
  const bool runs = std::ranges::any_of(running_, [&](const Running& r) { return same(r.request.key, key); });
  if (runs) pending_.emplace_back(key, expression);
  return runs;
}

std::size_t Session::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void Session::refill() {
  const std::lock_guard lock(mutex_);
  while (!free_slots_.empty() && !queue_.empty()) {
    Running piece;
    piece.request = std::move(queue_.front());
    queue_.pop_front();
    piece.slot = free_slots_.back();
    free_slots_.pop_back();
    piece.notes.resize(static_cast<std::size_t>(block_));
    if (piece.request.trace) piece.traces.resize(static_cast<std::size_t>(block_));
    decoder_.load(piece.slot, *piece.request.primer, piece.request.key, piece.request.expression);
    running_.push_back(std::move(piece));
  }
  for (const auto& [key, expression] : pending_) {
    for (Running& piece : running_) {
      if (same(piece.request.key, key)) decoder_.express(piece.slot, expression);
    }
  }
  pending_.clear();
}

void Session::apply_changes(Running& piece) {
  const auto& changes = piece.request.changes;
  while (piece.change < changes.size() && changes[piece.change].note <= piece.written) {
    decoder_.express(piece.slot, changes[piece.change++].expression);
  }
  piece.stretch = std::min(block_, piece.request.notes - piece.written);
  if (piece.change < changes.size()) {
    piece.stretch = std::min(piece.stretch, changes[piece.change].note - piece.written);
  }
}

void Session::deliver(Running& piece, NoteSink& sink) {
  const auto count = static_cast<std::size_t>(piece.stretch);
  sink.notes(piece.request, piece.written, std::span(piece.notes).first(count),
             std::span<const NoteTrace>(piece.traces).first(piece.request.trace ? count : 0));
  piece.written += piece.stretch;
  if (piece.written == piece.request.notes) sink.finished(piece.request);
}

bool Session::run(NoteSink& sink, std::stop_token stop) {
  std::vector<Stretch> stretches;
  for (refill(); !running_.empty(); refill()) {
    if (stop.stop_requested()) break;
    stretches.clear();
    for (Running& piece : running_) {
      apply_changes(piece);
      stretches.push_back(
          {piece.slot, piece.stretch, piece.notes.data(), piece.request.trace ? piece.traces.data() : nullptr});
    }
    decoder_.advance(stretches);
    for (Running& piece : running_) deliver(piece, sink);
    const std::lock_guard lock(mutex_);
    std::erase_if(running_, [&](const Running& piece) {
      const bool done = piece.written == piece.request.notes;
      if (done) free_slots_.push_back(piece.slot);
      return done;
    });
  }
  const std::lock_guard lock(mutex_);
  const bool finished = running_.empty() && queue_.empty();
  for (const Running& piece : running_) free_slots_.push_back(piece.slot);
  running_.clear();
  queue_.clear();
  return finished;
}

}  // namespace engine
