#include "io/draw/axis.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace io {
namespace {

constexpr double kMostDrawable = 1e300;  // leaves room for differences and for padding
constexpr double kSlack = 1e-9;          // of a step: a tick that misses the end of the axis by rounding still stands

std::string general(double value) {
  std::array<char, 32> text;
  const auto format = std::chars_format::general;
  const char* end = std::to_chars(text.data(), text.data() + text.size(), value, format, 6).ptr;
  return {text.data(), static_cast<std::size_t>(end - text.data())};
}

std::string fixed(double value, int decimals) {
  std::array<char, 48> text;
  const auto format = std::chars_format::fixed;
  const char* end = std::to_chars(text.data(), text.data() + text.size(), value, format, decimals).ptr;
  return {text.data(), static_cast<std::size_t>(end - text.data())};
}

/// All labels of an axis have the same number of decimals, that of its step.
std::string label_of(double value, double step) {
  if (std::abs(value) >= 1e6 || step < 1e-4) return general(value);
  return fixed(value, step < 1 ? static_cast<int>(std::ceil(-std::log10(step) - kSlack)) : 0);
}

std::string clock_label(double seconds, bool with_hours) {
  const auto two = [](std::int64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  const auto all = static_cast<std::int64_t>(std::llround(seconds));
  const std::int64_t hours = all / 3600, minutes = all / 60 % 60;
  return (with_hours ? std::to_string(hours) + ":" + two(minutes) : std::to_string(minutes)) + ":" + two(all % 60);
}

/// @return the least 1, 2 or 5 times a power of ten that is not below `least`
double round_up(double least) {
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= least * (1 - kSlack)) return factor * power;
  }
  return 10 * power;
}

template <typename Label>
std::vector<Tick> multiples_of(double step, double low, double high, Label label) {
  std::vector<Tick> ticks;
  const double first = std::ceil(low / step - kSlack);
  const double count = std::floor(high / step + kSlack) - first;
  for (int i = 0; i <= count; ++i) {
    const double value = (first + i) * step;
    ticks.push_back({value, label(value)});
  }
  return ticks;
}

}  // namespace

bool is_drawable(double value, bool logarithmic) noexcept {
  // Below the least normal number a logarithm loses its digits.
  return std::abs(value) <= kMostDrawable && (!logarithmic || value >= 1e-300);
}

void Extent::add(double value) noexcept {
  if (!is_drawable(value, logarithmic_)) return;
  low_ = empty_ ? value : std::min(low_, value);
  high_ = empty_ ? value : std::max(high_, value);
  empty_ = false;
}

Extent Extent::padded(double part) const noexcept {
  Extent wider = *this;
  if (empty_) {
    wider.low_ = logarithmic_ ? 1 : 0;
    wider.high_ = logarithmic_ ? 10 : 1;
  } else if (logarithmic_) {
    constexpr double kMostDecades = 5;  // stays within what a double holds
    const double decades = std::log10(high_) - std::log10(low_);
    const double factor = std::pow(10.0, decades > 1e-3 ? std::min(decades * part, kMostDecades) : 0.5);
    wider.low_ = low_ / factor;
    wider.high_ = high_ * factor;
  } else {
    // A length that vanishes beside the values themselves would leave no room for ticks.
    const double size = std::max(std::abs(low_), std::abs(high_));
    const double more = high_ - low_ > 1e-9 * size ? (high_ - low_) * part : size > 1e-290 ? 0.1 * size : 0.5;
    wider.low_ = low_ - more;
    wider.high_ = high_ + more;
  }
  return wider;
}

Scale::Scale(const Extent& extent, double from_px, double to_px) noexcept
    : logarithmic_(extent.logarithmic()),
      low_(logarithmic_ ? std::log10(extent.low()) : extent.low()),
      high_(logarithmic_ ? std::log10(extent.high()) : extent.high()),
      from_px_(from_px),
      to_px_(to_px) {}

double Scale::operator()(double value) const noexcept {
  const double place = logarithmic_ ? std::log10(value) : value;
  return from_px_ + (place - low_) / (high_ - low_) * (to_px_ - from_px_);
}

std::vector<Tick> Scale::ticks(int most) const {
  if (logarithmic_ && high_ - low_ >= 1) return decade_ticks(most);
  const double low = logarithmic_ ? std::pow(10.0, low_) : low_;
  const double high = logarithmic_ ? std::pow(10.0, high_) : high_;
  const double step = round_up((high - low) / most);
  return multiples_of(step, low, high, [&](double value) { return label_of(value, step); });
}

std::vector<Tick> Scale::decade_ticks(int most) const {
  const auto first = static_cast<int>(std::floor(low_)), last = static_cast<int>(std::ceil(high_));
  const int stride = std::max(1, (last - first) / most);
  const bool between = (high_ - low_) * 3 <= most;
  std::vector<Tick> ticks;
  for (int decade = first; decade <= last; decade += stride) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      if (factor > 1 && !between) break;
      const double value = factor * std::pow(10.0, decade);
      const double place = std::log10(value);
      if (place >= low_ - kSlack && place <= high_ + kSlack) ticks.push_back({value, general(value)});
    }
  }
  return ticks;
}

std::vector<Tick> Scale::time_ticks(int most) const {
  constexpr std::array<double, 9> kSteps = {10, 15, 30, 60, 120, 300, 600, 900, 1800};
  const double least = (high_ - low_) / most;
  double step = round_up(least);
  if (step > 5) {
    const auto found = std::find_if(kSteps.begin(), kSteps.end(), [&](double s) { return s >= least; });
    step = found != kSteps.end() ? *found : 3600 * round_up(least / 3600);
  }
  const bool clock = high_ >= 120;
  return multiples_of(step, low_, high_,
                      [&](double t) { return clock ? clock_label(t, high_ >= 3600) : label_of(t, step); });
}

}  // namespace io
