#include <algorithm>
#include <cmath>

#include "io/draw/draw.h"
#include "io/draw/frame.h"
#include "io/draw/style.h"

namespace io {
namespace {

using Piece = std::vector<ChartPoint>;  // in pixels, without a gap

std::string stroke(std::size_t i) {
  return " fill=\"none\" stroke=\"" + hex(palette(i)) + "\" stroke-width=\"2\" stroke-linejoin=\"round\"" + dash(i);
}
std::string filled(std::size_t i) {
  return " fill=\"" + hex(palette(i)) + "\" stroke=\"#ffffff\" stroke-width=\"0.8\"";
}

/// The points of a series in pixels, cut where one cannot be drawn.
std::vector<Piece> pieces_of(const Series& series, const Scale& x, const Scale& y) {
  std::vector<Piece> pieces(1);
  for (const ChartPoint& point : series.points) {
    if (is_drawable(point.x, x.logarithmic()) && is_drawable(point.y, y.logarithmic())) {
      pieces.back().push_back({x(point.x), y(point.y)});
    } else if (!pieces.back().empty()) {
      pieces.emplace_back();
    }
  }
  if (pieces.back().empty()) pieces.pop_back();
  return pieces;
}

/// Of neighbours in one pixel column keeps the first, the two extremes in their order, and the last.
Piece thinned(const Piece& piece) {
  Piece kept;
  for (auto begin = piece.begin(); begin != piece.end();) {
    const double column = std::floor(begin->x);
    const auto end = std::find_if(begin, piece.end(), [&](const ChartPoint& p) { return std::floor(p.x) != column; });
    const auto [low, high] =
        std::minmax_element(begin, end, [](const ChartPoint& a, const ChartPoint& b) { return a.y < b.y; });
    auto previous = piece.end();
    for (const auto at : {begin, std::min(low, high), std::max(low, high), end - 1}) {
      if (at != previous) kept.push_back(*at);
      previous = at;
    }
    begin = end;
  }
  return kept;
}

void draw_series(Canvas& canvas, const Series& series, std::size_t i) {
  constexpr std::size_t kMarkers = 10;
  std::string commands;
  std::vector<ChartPoint> corners;
  for (const Piece& piece : pieces_of(series, canvas.x, canvas.y)) {
    char command = 'M';
    for (const ChartPoint& p : thinned(piece)) {
      commands += command + pixels(p.x) + " " + pixels(p.y);
      command = 'L';
      corners.push_back(p);
    }
  }
  if (!commands.empty()) canvas.svg.path(commands, stroke(i));
  canvas.svg.open_group(filled(i));
  // Few markers, and each series begins elsewhere: curves that lie on each other stay apart to the eye.
  const std::size_t stride = corners.size() / kMarkers + 1;
  for (std::size_t k = stride > 1 ? i * stride / 4 % stride : 0; k < corners.size(); k += stride) {
    draw_marker(canvas.svg, i, corners[k].x, corners[k].y, 4.5);
  }
  canvas.svg.close_group();
}

LegendItem legend_item(const Series& series, std::size_t i) {
  return {series.name, [i](Svg& svg, double x, double y) {
            svg.line(x - kSignWidth / 2, y, x + kSignWidth / 2, y, stroke(i));
            svg.open_group(filled(i));
            draw_marker(svg, i, x, y, 4.5);
            svg.close_group();
          }};
}

}  // namespace

std::string draw_lines(const LineChart& chart) {
  ChartFrame frame{.width = 960,
                   .height = 540,
                   .title = chart.title,
                   .x_label = chart.x_label,
                   .y_label = chart.y_label,
                   .legend = {},
                   .x = Extent(chart.log_x),
                   .y = Extent(chart.log_y)};
  for (std::size_t i = 0; i < chart.series.size(); ++i) {
    frame.legend.push_back(legend_item(chart.series[i], i));
    for (const ChartPoint& point : chart.series[i].points) {
      if (!is_drawable(point.x, chart.log_x) || !is_drawable(point.y, chart.log_y)) continue;
      frame.x.add(point.x);
      frame.y.add(point.y);
    }
  }
  Canvas canvas = draw_frame(std::move(frame));
  for (std::size_t i = 0; i < chart.series.size(); ++i) draw_series(canvas, chart.series[i], i);
  return std::move(canvas.svg).finish();
}

}  // namespace io
