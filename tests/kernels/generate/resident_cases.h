// Shapes in which the kernels that keep a network on chip are tried, and outcomes compared bit by bit.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <ostream>
#include <vector>

#include "kernels/generate/resident.h"
#include "tests/kernels/device/backend.h"
#include "tests/kernels/generate/pieces_case.h"

namespace kernels::inline AFFETTO_PLATFORM {

/// Clusters of one and several blocks, tiles of few and many pieces, and fewer clusters than groups of pieces.
inline const ResidentShape kShapes[] = {
    {.cluster = 1, .pieces = 4, .threads = 64, .clusters = 1},
    {.cluster = 2, .pieces = 4, .threads = 32, .clusters = 2},
    {.cluster = 2, .pieces = 8, .threads = 64, .clusters = 1},
    {.cluster = 4, .pieces = 16, .threads = 32, .clusters = 1},
};

/// Sameness does not hang on the schedule, which the tests against the reference vary.
inline std::vector<Backend> two_backends() {
  const std::vector<Backend> all = backends(1);
  return {all.front(), all.back()};
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

inline bool same_progress(const std::vector<Progress>& a, const std::vector<Progress>& b) {
  bool same = a.size() == b.size();
  for (std::size_t i = 0; same && i < a.size(); ++i) {
    same = a[i].consumed == b[i].consumed && a[i].written == b[i].written && a[i].left == b[i].left &&
           a[i].out_at == b[i].out_at && a[i].fresh == b[i].fresh && a[i].fault == b[i].fault;
  }
  return same;
}

inline void expect_same_bits(const Outcome& got, const Outcome& want) {
  EXPECT_TRUE(same_bits(got.notes, want.notes));
  EXPECT_TRUE(same_bits(got.logits, want.logits));
  EXPECT_TRUE(same_bits(got.scores, want.scores));
  EXPECT_TRUE(same_bits(got.probabilities, want.probabilities));
  EXPECT_TRUE(same_bits(got.u, want.u));
  EXPECT_TRUE(same_bits(got.predicted, want.predicted));
  EXPECT_TRUE(same_bits(got.modulation, want.modulation));
  EXPECT_TRUE(same_bits(got.window, want.window));
  EXPECT_TRUE(same_progress(got.progress, want.progress));
}

}  // namespace kernels::inline AFFETTO_PLATFORM
