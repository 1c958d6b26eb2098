// Generation as a session: pieces come in, notes go out, until the queue is empty or somebody says stop.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <vector>

#include "engine/generate/decoder.h"

namespace engine {

/// A change of expression at a note of the piece.
struct Change {
  int note = 0;  ///< takes effect from this generated note on, 0-based
  Expression expression;
};

struct PieceRequest {
  PieceKey key;
  int notes = 0;  ///< new notes to write, >= 1
  Expression expression;
  std::vector<Change> changes;           ///< rising by note
  std::shared_ptr<const Primed> primer;  ///< from the session's own decoder; never null
  bool trace = false;
};

/// Where the notes go. Called on the thread that runs the session.
class NoteSink {
 public:
  virtual ~NoteSink() = default;
  /// The notes [first, first + notes.size()) of a piece, in order, each once.
  /// @param traces  as many as notes where the request asked for them, otherwise empty
  virtual void notes(const PieceRequest& piece, int first, std::span<const Note> notes,
                     std::span<const NoteTrace> traces) = 0;
  /// After a piece's last note. Not called for pieces that a stop cut short.
  virtual void finished(const PieceRequest& piece) = 0;
};

/// Feeds a decoder's slots from a queue, block by block: a finished piece's slot goes to the next in the queue, so the
/// work of a batch is one computation whatever the lengths. With an asynchronous decoder a block's notes go to the sink
/// while the device writes the next block; what the sink then asks for takes effect a block later. Requests and changes
/// may come from other threads and from the sink while it runs. A piece does not depend on block size, slot or company.
class Session {
 public:
  /// @param block  most notes of a piece between two looks at the queue, the changes and the stop token, >= 1. 16: at
  ///               the seed network's speed under 20 us a block and piece, so a change is heard at once, while the
  ///               bookkeeping stays below a percent.
  explicit Session(Decoder& decoder, int block = 16);

  /// Queues a piece. Throws std::invalid_argument for notes < 1, no primer, or changes out of order.
  void add(PieceRequest request);
  /// Changes a queued or running piece, from the next block on (its note is overwritten by the session).
  /// @return whether such a piece was there
  bool express(const PieceKey& key, const Expression& expression);
  std::size_t waiting() const;

  /// Runs until the queue is empty and every piece is finished, or until a stop is requested (then returns at the end
  /// of the current block; what is unfinished is dropped and stays countable through the sink).
  /// @return whether everything was finished
  bool run(NoteSink& sink, std::stop_token stop = {});

 private:
  struct Running;
  struct Block;
  void refill();
  void apply_changes(Running& piece);
  void advance(NoteSink& sink);
  void take_block();
  void deliver(NoteSink& sink);

  Decoder& decoder_;
  const int block_;
  mutable std::mutex mutex_;  ///< guards queue_ and pending_
  std::deque<PieceRequest> queue_;
  std::vector<std::pair<PieceKey, Expression>> pending_;
  std::vector<Running> running_;
  std::vector<Block> blocks_;  ///< written, not yet delivered
  std::vector<Block> spare_;   ///< their memory, for reuse
  std::vector<Stretch> stretches_;
  std::vector<int> free_slots_;

 public:
  ~Session();
};

}  // namespace engine
