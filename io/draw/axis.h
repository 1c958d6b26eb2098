// Inside io/draw: from values to pixels, and the round numbers beside an axis.
#pragma once

#include <string>
#include <vector>

namespace io {

/// Whether an axis can show the value at all.
bool is_drawable(double value, bool logarithmic) noexcept;

/// The least and the greatest of what was added.
class Extent {
 public:
  /// Values that the axis cannot show are passed over.
  explicit Extent(bool logarithmic = false) noexcept : logarithmic_(logarithmic) {}
  void add(double value) noexcept;

  bool empty() const noexcept { return empty_; }
  bool logarithmic() const noexcept { return logarithmic_; }
  double low() const noexcept { return low_; }
  double high() const noexcept { return high_; }
  /// Wider by `part` of its length at both ends; never of length 0, also when nothing was added.
  Extent padded(double part) const noexcept;

 private:
  bool logarithmic_;
  bool empty_ = true;
  double low_ = 0, high_ = 0;
};

struct Tick {
  double value;
  std::string label;
};

/// The map from [extent.low, extent.high] to [from_px, to_px].
class Scale {
 public:
  /// @param extent  padded: of a length above 0
  Scale(const Extent& extent, double from_px, double to_px) noexcept;

  double operator()(double value) const noexcept;
  bool logarithmic() const noexcept { return logarithmic_; }
  double from_px() const noexcept { return from_px_; }
  double to_px() const noexcept { return to_px_; }

  /// At most about `most` round numbers within the range: 1, 2 or 5 times a power of ten; powers of ten on a
  /// logarithmic axis, with 2 and 5 between them where they are few.
  std::vector<Tick> ticks(int most) const;
  /// Round times in seconds: "0.5", "20"; on an axis of two minutes or more "2:30", of an hour or more "0:02:30".
  std::vector<Tick> time_ticks(int most) const;

 private:
  std::vector<Tick> decade_ticks(int most) const;

  bool logarithmic_;
  double low_, high_, from_px_, to_px_;
};

}  // namespace io
