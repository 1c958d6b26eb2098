#include <algorithm>
#include <array>
#include <cmath>

#include "io/draw/draw.h"
#include "io/draw/frame.h"
#include "io/draw/style.h"

namespace io {
namespace {

constexpr double kWidth = 1200, kHeight = 480;
constexpr double kLeft = 64, kRight = 24, kTop = 52, kBottom = 54;
constexpr double kKeysWidth = 16;
constexpr double kLeastNoteWidth = 1.5;
constexpr double kLongestPiece_s = 1e7;  // four months: beyond, a time is noise
constexpr Colour kWhite = {255, 255, 255};

/// The lowest pitch shown, and one above the highest.
struct PitchRange {
  int low, high;
};

struct Drawing {
  const PianoRoll& roll;
  std::map<int, std::size_t> instruments;  ///< program to place in the legend, in the order of programs
  PitchRange pitches;
  Plot plot;
  Scale time;

  double row_height() const { return (plot.bottom - plot.top) / (pitches.high - pitches.low); }
  double row_top(int pitch) const { return plot.bottom - (pitch + 1 - pitches.low) * row_height(); }
  bool is_primer(const engine::ScoreNote& note) const { return note.onset_s < roll.primer_end_s; }
};

bool is_shown(const engine::ScoreNote& note) {
  return note.onset_s >= 0 && note.onset_s <= kLongestPiece_s && note.duration_s >= 0 &&
         note.duration_s <= kLongestPiece_s;
}

bool is_black_key(int pitch) {
  constexpr std::array<bool, 12> kBlack = {false, true,  false, true,  false, false,
                                           true,  false, true,  false, true,  false};
  return kBlack[static_cast<std::size_t>(pitch % 12)];
}

PitchRange range_of(const std::vector<engine::ScoreNote>& notes) {
  constexpr int kLeastRows = 24, kMargin = 2;
  int low = 127, high = 0;
  for (const engine::ScoreNote& note : notes) {
    if (!is_shown(note)) continue;
    low = std::min<int>(low, note.pitch);
    high = std::max<int>(high, note.pitch);
  }
  if (low > high) low = 48, high = 71;
  low -= kMargin;
  high += kMargin + 1;
  const int missing = std::max(0, kLeastRows - (high - low));
  low = std::clamp(low - missing / 2, 0, 128 - kLeastRows);
  return {low, std::clamp(high + missing - missing / 2, low + kLeastRows, 128)};
}

/// Soft is light, loud is full and a little darker.
Colour shade(std::size_t instrument, int velocity) {
  const double softness = 1 - std::clamp(velocity, 0, 127) / 127.0;
  return mix(mix(palette(instrument), {0, 0, 0}, 0.12), kWhite, 0.72 * softness);
}

/// Without colour, instruments differ by outline.
std::string outline(std::size_t instrument) {
  constexpr std::array<const char*, 4> kOutlines = {
      " stroke=\"#ffffff\" stroke-width=\"0.5\"", " stroke=\"#1f2933\" stroke-width=\"1\"",
      " stroke=\"#1f2933\" stroke-width=\"1\" stroke-dasharray=\"2 2\"", " stroke=\"#1f2933\" stroke-width=\"1.8\""};
  return kOutlines[instrument % kOutlines.size()];
}

std::string note_style(std::size_t instrument, int velocity, bool primer) {
  if (!primer) return " fill=\"" + hex(shade(instrument, velocity)) + "\"";
  const Colour colour = shade(instrument, velocity);
  return " fill=\"" + hex(mix(colour, kWhite, 0.75)) + "\" stroke=\"" + hex(mix(colour, {0, 0, 0}, 0.1)) +
         "\" stroke-width=\"1.1\" stroke-dasharray=\"none\"";
}

void draw_ground(Svg& svg, const Drawing& d) {
  const double width = d.plot.right - d.plot.left, height = d.row_height();
  svg.rectangle(d.plot.left, d.plot.top, width, d.plot.bottom - d.plot.top, " fill=\"#fbfcfd\"");
  for (int pitch = d.pitches.low; pitch < d.pitches.high; ++pitch) {
    const double y = d.row_top(pitch);
    if (is_black_key(pitch)) svg.rectangle(d.plot.left, y, width, height, " fill=\"#f0f3f6\"");
    svg.rectangle(
        d.plot.left - kKeysWidth, y, kKeysWidth, height,
        is_black_key(pitch) ? " fill=\"#3e4c59\"" : " fill=\"#ffffff\" stroke=\"#cbd2d9\" stroke-width=\"0.6\"");
    if (pitch % 12 != 0) continue;
    const double below = y + height;
    svg.line(d.plot.left, below, d.plot.right, below, " stroke=\"#cbd2d9\"");
    svg.text(d.plot.left - kKeysWidth - 6, y + height / 2 + 4, "C" + std::to_string(pitch / 12 - 1),
             std::string(" fill=\"") + kLabel + "\" text-anchor=\"end\"");
  }
}

void draw_time(Svg& svg, const Drawing& d, double end_s) {
  for (const Tick& tick : d.time.time_ticks(14)) {
    const double x = d.time(tick.value);
    svg.line(x, d.plot.top, x, d.plot.bottom, " stroke=\"#dde2e8\" stroke-width=\"0.8\"");
    draw_x_tick(svg, d.plot, x, tick.label);
  }
  draw_x_label(svg, d.plot, end_s < 120 ? "time (s)" : end_s < 3600 ? "time (min:s)" : "time (h:min:s)");
}

/// The ground of the primer, below the notes, and the words on both sides of its end.
void draw_primer(Svg& svg, const Drawing& d) {
  if (!(d.roll.primer_end_s > 0)) return;
  const double x = std::min(d.time(std::min(d.roll.primer_end_s, kLongestPiece_s)), d.plot.right);
  svg.rectangle(d.plot.left, d.plot.top, x - d.plot.left, d.plot.bottom - d.plot.top,
                " fill=\"#7b8794\" fill-opacity=\"0.13\"");
  svg.line(x, d.plot.top - 14, x, d.plot.bottom, " stroke=\"#52606d\" stroke-width=\"1.4\" stroke-dasharray=\"5 4\"");
  const std::string style = std::string(" fill=\"") + kLabel + "\" font-style=\"italic\" text-anchor=";
  const bool room_left = x - d.plot.left > 50, room_right = d.plot.right - x > 70;
  if (room_left) svg.text(x - 7, d.plot.top - 5, "primer", style + "\"end\"");
  if (room_right) svg.text(x + 7, d.plot.top - 5, "generated", style + "\"start\"");
}

void draw_note(Svg& svg, const Drawing& d, const engine::ScoreNote& note, std::size_t instrument) {
  const double left = d.time(note.onset_s);
  const double width = std::max(kLeastNoteWidth, d.time(note.onset_s + note.duration_s) - left);
  const double gap = d.row_height() > 6 ? 0.6 : 0;  // air between neighbouring semitones
  const double height = d.row_height() - 2 * gap;
  const double round = std::min({3.0, height / 3, width / 3});
  const bool outlined_primer = d.is_primer(note) && width >= 3;
  // An outline on a sliver would be all that is seen of it.
  const std::string bare = !outlined_primer && width < 7 ? " stroke=\"none\"" : "";
  const std::string style = note_style(instrument, note.velocity, outlined_primer) + bare;
  svg.rectangle(left, d.row_top(note.pitch) + gap, width, height, " rx=\"" + pixels(round) + "\"" + style);
}

void draw_notes(Svg& svg, const Drawing& d) {
  // One group an instrument: the outline is said once, and the order of the notes is that of the list.
  for (const auto& [program, instrument] : d.instruments) {
    svg.open_group(outline(instrument));
    for (const engine::ScoreNote& note : d.roll.notes) {
      if (is_shown(note) && note.program == program) draw_note(svg, d, note, instrument);
    }
    svg.close_group();
  }
}

std::vector<LegendItem> legend_items(const PianoRoll& roll, const std::map<int, std::size_t>& instruments) {
  std::vector<LegendItem> items;
  if (instruments.size() < 2) return items;
  for (const auto& entry : instruments) {
    const auto name = roll.instrument_names.find(entry.first);
    const std::size_t place = entry.second;
    items.push_back({name != roll.instrument_names.end() ? name->second : "program " + std::to_string(entry.first),
                     [place](Svg& svg, double x, double y) {
                       svg.rectangle(x - 11, y - 5, 22, 10,
                                     " rx=\"3\"" + outline(place) + note_style(place, 110, false));
                     }});
  }
  return items;
}

/// From soft to loud, at the right of the title's line, where velocities differ at all.
void draw_velocity_key(Svg& svg, const PianoRoll& roll, double right) {
  const auto differs = [&](const engine::ScoreNote& note) { return note.velocity != roll.notes.front().velocity; };
  if (std::none_of(roll.notes.begin(), roll.notes.end(), differs)) return;
  const std::string style = std::string(" fill=\"") + kLabel + "\" text-anchor=\"end\"";
  constexpr int kSteps = 5;
  const double left = right - 30 - kSteps * 18;
  svg.text(left - 6, 30, "soft", style);
  for (int i = 0; i < kSteps; ++i) {
    svg.rectangle(left + i * 18, 20, 16, 11, " rx=\"2\" fill=\"" + hex(shade(0, 15 + i * 28)) + "\"");
  }
  svg.text(right, 30, "loud", style);
}

}  // namespace

std::string draw_piano_roll(const PianoRoll& roll) {
  std::map<int, std::size_t> instruments;
  double end_s = 0;
  for (const engine::ScoreNote& note : roll.notes) {
    if (!is_shown(note)) continue;
    instruments.try_emplace(note.program);
    end_s = std::max(end_s, note.onset_s + note.duration_s);
  }
  std::size_t place = 0;
  for (auto& entry : instruments) entry.second = place++;

  const Legend legend(legend_items(roll, instruments), kWidth - kLeft - kRight);
  const double words = legend.height() > 0 && roll.primer_end_s > 0 ? 14 : 0;  // "primer" stands below the legend
  const double height = kHeight + legend.height() + words;
  Extent extent;
  extent.add(0);
  extent.add(end_s > 0 ? end_s : 10);
  const Plot plot{kLeft, kTop + legend.height() + words, kWidth - kRight, height - kBottom};
  const Drawing drawing{roll, instruments, range_of(roll.notes), plot, Scale(extent, plot.left, plot.right)};
  Svg svg(kWidth, height, roll.title);
  draw_title(svg, kLeft - kKeysWidth, roll.title);
  draw_velocity_key(svg, roll, plot.right);
  legend.draw(svg, kLeft - kKeysWidth, 52);
  draw_ground(svg, drawing);
  draw_time(svg, drawing, end_s);
  draw_primer(svg, drawing);
  draw_notes(svg, drawing);
  svg.rectangle(plot.left, plot.top, plot.right - plot.left, plot.bottom - plot.top,
                std::string(" fill=\"none\" stroke=\"") + kBorder + "\"");
  if (instruments.empty()) draw_nothing(svg, plot, "no notes");
  return std::move(svg).finish();
}

}  // namespace io
