#include "engine/generate/session.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace engine {

struct Session::Running {
  std::shared_ptr<const PieceRequest> request;
  int slot = 0;
  int written = 0;         ///< notes, in this block's end
  int stretch = 0;         ///< notes in the current block
  std::size_t change = 0;  ///< next of request.changes
  std::vector<Note> notes;
  std::vector<NoteTrace> traces;
};

/// A piece's part of a block, on its way to the sink.
struct Session::Block {
  std::shared_ptr<const PieceRequest> request;
  int first = 0, count = 0;
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
  const bool runs = std::ranges::any_of(running_, [&](const Running& r) { return same(r.request->key, key); });
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
    piece.request = std::make_shared<const PieceRequest>(std::move(queue_.front()));
    queue_.pop_front();
    piece.slot = free_slots_.back();
    free_slots_.pop_back();
    decoder_.load(piece.slot, *piece.request->primer, piece.request->key, piece.request->expression);
    running_.push_back(std::move(piece));
  }
  for (const auto& [key, expression] : pending_) {
    for (Running& piece : running_) {
      if (same(piece.request->key, key)) decoder_.express(piece.slot, expression);
    }
  }
  pending_.clear();
}

void Session::apply_changes(Running& piece) {
  const auto& changes = piece.request->changes;
  while (piece.change < changes.size() && changes[piece.change].note <= piece.written) {
    decoder_.express(piece.slot, changes[piece.change++].expression);
  }
  piece.stretch = std::min(block_, piece.request->notes - piece.written);
  if (piece.change < changes.size()) {
    piece.stretch = std::min(piece.stretch, changes[piece.change].note - piece.written);
  }
}

/// The next block of every running piece. Meanwhile, if the decoder works by itself, the block before is delivered.
void Session::advance(NoteSink& sink) {
  stretches_.clear();
  for (Running& piece : running_) {
    apply_changes(piece);
    piece.notes.resize(static_cast<std::size_t>(block_));
    if (piece.request->trace) piece.traces.resize(static_cast<std::size_t>(block_));
    stretches_.push_back(
        {piece.slot, piece.stretch, piece.notes.data(), piece.request->trace ? piece.traces.data() : nullptr});
  }
  decoder_.start(stretches_);
  try {
    deliver(sink);
  } catch (...) {
    decoder_.finish();  // it writes into memory that is about to go
    throw;
  }
  decoder_.finish();
  take_block();
  if (!decoder_.asynchronous()) deliver(sink);
}

/// Moves what was written out of the running pieces, and frees the slots of those that are done.
void Session::take_block() {
  for (Running& piece : running_) {
    Block block;
    if (!spare_.empty()) {
      block = std::move(spare_.back());
      spare_.pop_back();
    }
    block.request = piece.request;
    block.first = piece.written;
    block.count = piece.stretch;
    std::swap(block.notes, piece.notes);
    std::swap(block.traces, piece.traces);
    piece.written += piece.stretch;
    blocks_.push_back(std::move(block));
  }
  const std::lock_guard lock(mutex_);
  std::erase_if(running_, [&](const Running& piece) {
    const bool done = piece.written == piece.request->notes;
    if (done) free_slots_.push_back(piece.slot);
    return done;
  });
}

void Session::deliver(NoteSink& sink) {
  for (Block& block : blocks_) {
    const auto count = static_cast<std::size_t>(block.count);
    const PieceRequest& request = *block.request;
    sink.notes(request, block.first, std::span<const Note>(block.notes).first(count),
               std::span<const NoteTrace>(block.traces).first(request.trace ? count : 0));
    if (block.first + block.count == request.notes) sink.finished(request);
    block.request.reset();
  }
  for (Block& block : blocks_) spare_.push_back(std::move(block));
  blocks_.clear();
}

bool Session::run(NoteSink& sink, std::stop_token stop) {
  blocks_.clear();
  for (;;) {
    refill();
    if (stop.stop_requested()) break;
    if (!running_.empty()) {
      advance(sink);
    } else if (!blocks_.empty()) {
      deliver(sink);  // which may ask for more
    } else {
      break;
    }
  }
  deliver(sink);
  const std::lock_guard lock(mutex_);
  const bool finished = running_.empty() && queue_.empty();
  for (const Running& piece : running_) free_slots_.push_back(piece.slot);
  running_.clear();
  queue_.clear();
  return finished;
}

}  // namespace engine
