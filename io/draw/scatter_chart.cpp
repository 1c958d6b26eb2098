#include "io/draw/draw.h"
#include "io/draw/frame.h"
#include "io/draw/style.h"

namespace io {
namespace {

constexpr double kCentreRadius = 9;

bool is_shown(const ChartPoint& point) { return is_drawable(point.x, false) && is_drawable(point.y, false); }

std::string cloud_style(std::size_t i) {
  return " fill=\"" + hex(palette(i)) + "\" fill-opacity=\"0.6\" stroke=\"#ffffff\" stroke-width=\"0.4\"";
}

/// A ring around the group's marker, so that it stands out of its own cloud.
void draw_centre(Svg& svg, std::size_t i, double x, double y) {
  const std::string colour = hex(mix(palette(i), {0, 0, 0}, 0.25));
  svg.circle(x, y, kCentreRadius, " fill=\"#ffffff\" stroke=\"" + colour + "\" stroke-width=\"3\"");
  svg.open_group(" fill=\"" + colour + "\"");
  draw_marker(svg, i, x, y, kCentreRadius * 0.5);
  svg.close_group();
}

void draw_cloud(Canvas& canvas, const PointGroup& group, std::size_t i) {
  const double radius = group.points.size() > 1500 ? 2.6 : 4;
  canvas.svg.open_group(cloud_style(i));
  for (const ChartPoint& point : group.points) {
    if (is_shown(point)) draw_marker(canvas.svg, i, canvas.x(point.x), canvas.y(point.y), radius);
  }
  canvas.svg.close_group();
}

void draw_centres(Canvas& canvas, const PointGroup& group, std::size_t i) {
  for (const ChartPoint& centre : group.centres) {
    if (!is_shown(centre)) continue;
    const double x = canvas.x(centre.x), y = canvas.y(centre.y);
    draw_centre(canvas.svg, i, x, y);
    const bool left = x > (canvas.plot.left + canvas.plot.right) / 2;
    canvas.svg.text(x + (left ? -15 : 15), y + 4, cut_text(group.name, 48),
                    std::string(" fill=\"") + kInk + "\" font-size=\"13\" font-weight=\"600\" text-anchor=\"" +
                        (left ? "end" : "start") +
                        "\" stroke=\"#ffffff\" stroke-width=\"3\" stroke-linejoin=\"round\" paint-order=\"stroke\"");
  }
}

LegendItem cloud_item(const PointGroup& group, std::size_t i) {
  const std::string count = std::to_string(group.points.size());
  return {group.name + " (" + count + ")", [i](Svg& svg, double x, double y) {
            svg.open_group(cloud_style(i));
            draw_marker(svg, i, x, y, 5);
            svg.close_group();
          }};
}

LegendItem centre_item() {
  return {"centre", [](Svg& svg, double x, double y) {
            svg.circle(x, y, 6, std::string(" fill=\"#ffffff\" stroke=\"") + kInk + "\" stroke-width=\"2.5\"");
            svg.circle(x, y, 2.2, std::string(" fill=\"") + kInk + "\"");
          }};
}

}  // namespace

std::string draw_scatter(const ScatterChart& chart) {
  ChartFrame frame{.width = 900,
                   .height = 640,
                   .title = chart.title,
                   .x_label = chart.x_label,
                   .y_label = chart.y_label,
                   .legend = {},
                   .x = Extent(),
                   .y = Extent()};
  bool any_centre = false;
  for (std::size_t i = 0; i < chart.groups.size(); ++i) {
    const PointGroup& group = chart.groups[i];
    frame.legend.push_back(cloud_item(group, i));
    any_centre |= !group.centres.empty();
    for (const auto* points : {&group.points, &group.centres}) {
      for (const ChartPoint& point : *points) {
        if (!is_shown(point)) continue;
        frame.x.add(point.x);
        frame.y.add(point.y);
      }
    }
  }
  if (any_centre) frame.legend.push_back(centre_item());
  Canvas canvas = draw_frame(std::move(frame));
  for (std::size_t i = 0; i < chart.groups.size(); ++i) draw_cloud(canvas, chart.groups[i], i);
  for (std::size_t i = 0; i < chart.groups.size(); ++i) draw_centres(canvas, chart.groups[i], i);
  return std::move(canvas.svg).finish();
}

}  // namespace io
