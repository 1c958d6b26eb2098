#include <algorithm>
#include <cmath>

#include "io/draw/draw.h"
#include "io/draw/frame.h"
#include "io/draw/style.h"

namespace io {
namespace {

constexpr double kCell = 72, kLeft = 150, kTop = 110, kRight = 30, kBottom = 30;
constexpr std::size_t kMostCells = 64;  ///< a side; what is beyond is left out

std::string attributes(const char* colour, const char* anchor, int size) {
  return std::string(" fill=\"") + colour + "\" font-size=\"" + std::to_string(size) + "\" text-anchor=\"" + anchor +
         "\"";
}

/// A cell's share of its row; 0 where the row is empty or holds what cannot be shown.
double share_of(const std::vector<double>& row, std::size_t column) {
  double total = 0;
  for (const double value : row) total += is_drawable(value, false) && value > 0 ? value : 0;
  return total > 0 && is_drawable(row[column], false) ? std::clamp(row[column] / total, 0.0, 1.0) : 0;
}

void draw_cell(Svg& svg, double x, double y, double share) {
  svg.rectangle(x, y, kCell, kCell,
                " fill=\"" + hex(mix({255, 255, 255}, palette(0), share)) + "\" stroke=\"" + kGrid + "\"");
  const char* ink = share > 0.55 ? "#ffffff" : kInk;
  svg.text(x + kCell / 2, y + kCell / 2 + 5, std::to_string(std::lround(100 * share)) + " %",
           attributes(ink, "middle", 14));
}

}  // namespace

std::string draw_matrix(const MatrixChart& chart) {
  const std::size_t rows = std::min(chart.cells.size(), kMostCells);
  const std::size_t columns = std::min(chart.columns.size(), kMostCells);
  const double width = kLeft + kRight + kCell * static_cast<double>(std::max<std::size_t>(columns, 4));
  Svg svg(width, kTop + kBottom + kCell * static_cast<double>(std::max<std::size_t>(rows, 1)), chart.title);
  draw_title(svg, kLeft, chart.title);
  svg.text(kLeft, kTop - 46, cut_text(chart.x_label, 60), attributes(kLabel, "start", 13));
  svg.text(kLeft - 12, kTop - 46, cut_text(chart.y_label, 18), attributes(kLabel, "end", 13));
  for (std::size_t c = 0; c < columns; ++c) {
    svg.text(kLeft + kCell * (static_cast<double>(c) + 0.5), kTop - 12, cut_text(chart.columns[c], 10),
             attributes(kInk, "middle", 13));
  }
  for (std::size_t r = 0; r < rows; ++r) {
    const double y = kTop + kCell * static_cast<double>(r);
    const std::string name = r < chart.rows.size() ? chart.rows[r] : "";
    svg.text(kLeft - 12, y + kCell / 2 + 5, cut_text(name, 18), attributes(kInk, "end", 13));
    for (std::size_t c = 0; c < std::min(columns, chart.cells[r].size()); ++c)
      draw_cell(svg, kLeft + kCell * static_cast<double>(c), y, share_of(chart.cells[r], c));
  }
  return std::move(svg).finish();
}

}  // namespace io
