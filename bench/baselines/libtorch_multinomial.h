// How LibTorch draws an index from each row of probabilities: with multinomial, and as its forms in libtorch_device.h
// do.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "bench/baselines/libtorch_device.h"

namespace bench::libtorch {

enum class Drawing {
  multinomial,   ///< torch::multinomial of one sample: its random numbers are part of it
  searchsorted,  ///< running sum, then the first that exceeds a uniform number, which is drawn too
};
inline const char* name_of(Drawing drawing) { return drawing == Drawing::multinomial ? "multinomial" : "searchsorted"; }

class Draws {
 public:
  virtual ~Draws() = default;
  /// Draws an index for every row, so many times, and waits for the last.
  virtual void run(int times) = 0;
  /// The same. @return [candidates] how often each was drawn
  virtual std::vector<std::int64_t> histogram(int times) = 0;
};

/// All rows have the same probabilities, the largest 55 times the smallest. @throws std::logic_error where there is no
/// LibTorch
std::unique_ptr<Draws> make_draws(Drawing drawing, int rows, int candidates, Place place);

}  // namespace bench::libtorch
