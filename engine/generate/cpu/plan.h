// How an advance is shared out among threads.
#pragma once

#include "engine/generate/cpu/network.h"
#include "engine/generate/cpu/piece.h"

namespace engine::cpu {

struct Plan {
  bool together =
      false;        ///< all members work on all pieces, meeting after every layer; else each takes pieces of its own
  int members = 1;  ///< threads
  int chunk = 1;    ///< pieces that are advanced together, note by note
  double lead = 0;  ///< work of the member that chooses the notes before it joins the others (Share::lead)
};

/// Most pieces that one chunk may hold, which bounds a thread's scratch.
int largest_chunk(const PieceLayout& layout, int slots);

/// The cheaper of the two ways by a rough model of this program's speed. The notes do not depend on it.
Plan make_plan(const Network& network, const PieceLayout& layout, int pieces, int slots, int threads);

/// Starts from the model's choice and then goes by the clock: threads that meet after every layer lose badly as soon as
/// another program holds one of the processors, which no model foresees. The way that is not in use is tried for one
/// advance now and then, ever more rarely as long as it loses.
class Planner {
 public:
  Planner(const Network& network, const PieceLayout& layout, int slots, int threads);

  Plan next(int pieces);
  /// @param seconds  that the advance just planned took per note
  void took(double seconds);

 private:
  void restart(int pieces);

  const Network& network_;
  const PieceLayout& layout_;
  const int slots_, threads_;
  int pieces_ = 0;                      ///< that the numbers below are about
  bool open_ = false;                   ///< whether both ways come into question
  bool usual_ = false;                  ///< together
  bool in_use_ = false;                 ///< together, in the advance under way
  double seconds_[2] = {};              ///< per note, apart and together; 0: not measured
  int until_trial_ = 0, interval_ = 0;  ///< advances
};

}  // namespace engine::cpu
