#include "io/draw/frame.h"

#include <algorithm>

#include "io/draw/style.h"

namespace io {
namespace {

constexpr double kRowHeight = 20;
constexpr double kLeft = 76, kRight = 28, kTop = 56, kBottom = 56;
constexpr double kMostRows = 4;
constexpr std::size_t kMostNameCharacters = 48;
constexpr double kCharacterWidth = 6.9;  // of the 12 px sans-serif, on the safe side

std::string style(const char* fill, const char* anchor) {
  return std::string(" fill=\"") + fill + "\" text-anchor=\"" + anchor + "\"";
}

}  // namespace

Legend::Legend(std::vector<LegendItem> items, double width) : items_(std::move(items)) {
  const double room_for_more = 90;
  double x = 0, row = 0;
  for (LegendItem& item : items_) {
    item.name = cut_text(item.name, kMostNameCharacters);
    const double needed = kSignWidth + 8 + kCharacterWidth * static_cast<double>(count_characters(item.name)) + 18;
    const double end = row == kMostRows - 1 ? width - room_for_more : width;
    if (x > 0 && x + needed > end) {
      x = 0;
      ++row;
    }
    if (row == kMostRows) break;
    places_.push_back({x, row * kRowHeight});
    x += needed;
  }
  rows_ = items_.empty() ? 0 : std::min(row + 1, kMostRows);
}

double Legend::height() const noexcept { return rows_ * kRowHeight; }

void Legend::draw(Svg& svg, double x, double y) const {
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const double left = x + places_[i].x, middle = y + places_[i].y;
    items_[i].draw_sign(svg, left + kSignWidth / 2, middle);
    svg.text(left + kSignWidth + 8, middle + 4, items_[i].name, style(kInk, "start"));
  }
  if (places_.size() == items_.size()) return;
  const double below = y + (kMostRows - 1) * kRowHeight;
  const double after = places_.back().x + kSignWidth + 26 +
                       kCharacterWidth * static_cast<double>(count_characters(items_[places_.size() - 1].name));
  svg.text(x + after, below + 4, "and " + std::to_string(items_.size() - places_.size()) + " more",
           style(kLabel, "start"));
}

void draw_title(Svg& svg, double x, const std::string& title) {
  if (title.empty()) return;
  svg.text(x, 32, cut_text(title, 100), style(kInk, "start") + " font-size=\"19\" font-weight=\"600\"");
}

void draw_x_label(Svg& svg, const Plot& plot, const std::string& label) {
  svg.text((plot.left + plot.right) / 2, plot.bottom + 40, cut_text(label, 100),
           style(kLabel, "middle") + " font-size=\"13\"");
}

void draw_x_tick(Svg& svg, const Plot& plot, double x, const std::string& label) {
  svg.line(x, plot.bottom, x, plot.bottom + 5, std::string(" stroke=\"") + kBorder + "\"");
  svg.text(x, plot.bottom + 19, label, style(kLabel, "middle"));
}

void draw_nothing(Svg& svg, const Plot& plot, const std::string& text) {
  svg.text((plot.left + plot.right) / 2, (plot.top + plot.bottom) / 2, text,
           style(kLabel, "middle") + " font-size=\"15\"");
}

void draw_axes(Svg& svg, const Plot& plot, const Scale& x, const Scale& y, const std::string& x_label,
               const std::string& y_label) {
  const std::string grid = std::string(" stroke=\"") + kGrid + "\"";
  for (const Tick& tick : x.ticks(10)) {
    svg.line(x(tick.value), plot.top, x(tick.value), plot.bottom, grid);
    draw_x_tick(svg, plot, x(tick.value), tick.label);
  }
  for (const Tick& tick : y.ticks(8)) {
    svg.line(plot.left, y(tick.value), plot.right, y(tick.value), grid);
    svg.text(plot.left - 8, y(tick.value) + 4, tick.label, style(kLabel, "end"));
  }
  svg.path("M" + pixels(plot.left) + " " + pixels(plot.top) + "V" + pixels(plot.bottom) + "H" + pixels(plot.right),
           std::string(" fill=\"none\" stroke=\"") + kBorder + "\"");
  draw_x_label(svg, plot, x_label);
  const std::string place = pixels(20) + " " + pixels((plot.top + plot.bottom) / 2);
  svg.text(0, 0, cut_text(y_label, 60),
           style(kLabel, "middle") + " font-size=\"13\" transform=\"translate(" + place + ") rotate(-90)\"");
}

Canvas draw_frame(ChartFrame frame) {
  const Legend legend(std::move(frame.legend), frame.width - kLeft - kRight);
  const double height = frame.height + std::max(0.0, legend.height() - kRowHeight);
  const Plot plot{kLeft, kTop + legend.height() - (frame.title.empty() ? 28 : 0), frame.width - kRight,
                  height - kBottom};
  const bool nothing = frame.x.empty() || frame.y.empty();
  Canvas canvas{Svg(frame.width, height, frame.title), plot, Scale(frame.x.padded(0.02), plot.left, plot.right),
                Scale(frame.y.padded(0.04), plot.bottom, plot.top)};
  draw_title(canvas.svg, kLeft, frame.title);
  legend.draw(canvas.svg, kLeft, frame.title.empty() ? 22 : 54);
  draw_axes(canvas.svg, plot, canvas.x, canvas.y, frame.x_label, frame.y_label);
  if (nothing) draw_nothing(canvas.svg, plot, "no points");
  return canvas;
}

}  // namespace io
