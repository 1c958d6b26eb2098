// Inside io/draw: what every chart has around its data: title, legend, axes with their ticks and labels.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "io/draw/axis.h"
#include "io/draw/svg.h"

namespace io {

/// One row's worth of explanation: a sign and a name.
struct LegendItem {
  std::string name;
  std::function<void(Svg&, double x, double y)> draw_sign;  ///< in a box of kSignWidth x 12, centred at (x, y)
};
inline constexpr double kSignWidth = 26;

/// Items placed in rows from left to right; more than four rows end in "and 7 more".
class Legend {
 public:
  Legend(std::vector<LegendItem> items, double width);
  double height() const noexcept;
  void draw(Svg& svg, double x, double y) const;

 private:
  struct Place {
    double x, y;
  };
  std::vector<LegendItem> items_;
  std::vector<Place> places_;  ///< of the items that are shown
  double rows_ = 0;
};

/// The rectangle of the data within the picture.
struct Plot {
  double left, top, right, bottom;
};

/// Grid lines, ticks, their labels, the border and the names of both axes.
void draw_axes(Svg& svg, const Plot& plot, const Scale& x, const Scale& y, const std::string& x_label,
               const std::string& y_label);

/// A tick below the plot with its label.
void draw_x_tick(Svg& svg, const Plot& plot, double x, const std::string& label);

void draw_title(Svg& svg, double x, const std::string& title);
void draw_x_label(Svg& svg, const Plot& plot, const std::string& label);
void draw_nothing(Svg& svg, const Plot& plot, const std::string& text);

/// What a chart of points needs before its data can be drawn.
struct ChartFrame {
  double width, height;
  std::string title, x_label, y_label;
  std::vector<LegendItem> legend;
  Extent x, y;
};

/// A chart whose frame is drawn and whose data is not.
struct Canvas {
  Svg svg;
  Plot plot;
  Scale x, y;
};
Canvas draw_frame(ChartFrame frame);

}  // namespace io
