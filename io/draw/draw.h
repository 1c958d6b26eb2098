// Pictures as SVG: a piece as a piano roll, curves, clouds of points, and what was taken for what.
// All four return a whole document that stands alone: UTF-8 text, no script, no font, nothing from outside. Any text
// is escaped. A value that is not finite, or beyond 1e300, is left out; so is what a logarithmic axis cannot show. The
// same data gives the same text. Colours: Okabe & Ito (2008), distinct for all common kinds of colour vision; dashes,
// markers and outlines tell the same without colour.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/data/note.h"

namespace io {

struct PianoRoll {
  std::vector<engine::ScoreNote> notes;  ///< in any order
  double primer_end_s = 0;               ///< notes that begin before this are the primer's; 0: there is none
  std::string title;
  std::map<int, std::string> instrument_names = {};  ///< for the legend, by program; absent: "program 5"
};

/// 1200 x 480 px, longer with the legend: time to the right, pitch upward, colour for the instrument, lightness for the
/// velocity (soft is light), outlined notes on a shaded ground for the primer. A legend stands where there is more than
/// one instrument. A long piece is scaled to the same width; no note is narrower than 1.5 px.
std::string draw_piano_roll(const PianoRoll& roll);

struct ChartPoint {
  double x = 0, y = 0;
};

struct Series {
  std::string name;
  std::vector<ChartPoint> points;  ///< joined in this order; a gap where a point is left out
};

struct LineChart {
  std::string title, x_label, y_label;
  std::vector<Series> series;
  bool log_x = false, log_y = false;
};

/// 960 x 540 px. Curves of many points are thinned to what a pixel column can show: first, least, greatest, last.
std::string draw_lines(const LineChart& chart);

struct PointGroup {
  std::string name;
  std::vector<ChartPoint> points;
  std::vector<ChartPoint> centres = {};  ///< marked large, with the group's name
};

struct ScatterChart {
  std::string title, x_label, y_label;
  std::vector<PointGroup> groups;
};

/// 900 x 640 px.
std::string draw_scatter(const ScatterChart& chart);

/// How often each row was taken for each column.
struct MatrixChart {
  std::string title, x_label, y_label;
  std::vector<std::string> rows, columns;  ///< names
  std::vector<std::vector<double>> cells;  ///< [rows][columns], 0 or more
};

/// 72 px a cell, shaded by and labelled with its share of its row.
std::string draw_matrix(const MatrixChart& chart);

}  // namespace io
