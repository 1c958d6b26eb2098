// What a predictor put out.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "engine/generate/predictor.h"
#include "tests/engine/written.h"

namespace support {

inline std::vector<engine::Predictions> predict(engine::Predictor& predictor,
                                                const std::vector<std::vector<engine::Note>>& pieces) {
  std::vector<engine::Predictions> all;
  predictor.predict(pieces, [&](std::size_t index, const engine::Predictions& p) {
    EXPECT_EQ(index, all.size()) << "pieces come in rising order";
    all.push_back(p);
  });
  return all;
}

}  // namespace support
