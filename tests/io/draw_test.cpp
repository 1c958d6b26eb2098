#include "io/draw/draw.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include "io/draw/axis.h"
#include "io/draw/svg.h"

namespace {

using engine::ScoreNote;
using io::ChartPoint;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

ScoreNote note(double onset, int pitch, double duration = 0.5, int velocity = 100, int program = 0) {
  return {.onset_s = onset,
          .duration_s = duration,
          .pitch = static_cast<std::uint8_t>(pitch),
          .velocity = static_cast<std::uint8_t>(velocity),
          .program = static_cast<std::uint8_t>(program)};
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++n;
  return n;
}

/// Why `svg` is not well-formed XML, as far as these documents use it: tags closed in order, attributes quoted and
/// named once, no bare & or < in text, no character that XML forbids.
std::optional<std::string> fault(const std::string& svg) {
  std::vector<std::string> open;
  for (const char c : svg) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n') return "a control character";
  }
  for (std::size_t at = svg.find('&'); at != svg.npos; at = svg.find('&', at + 1)) {
    const std::string entity = svg.substr(at, svg.find(';', at) + 1 - at);
    if (!std::set<std::string>{"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"}.contains(entity)) return "entity " + entity;
  }
  std::size_t at = 0;
  while ((at = svg.find('<', at)) != svg.npos) {
    const std::size_t end = svg.find('>', at);
    const std::string tag = svg.substr(at + 1, end - at - 1);
    const std::string name = tag.substr(0, tag.find_first_of(" /", 1));
    if (tag.find('<') != tag.npos || count(tag, "\"") % 2 != 0) return "tag " + tag;
    std::set<std::string> names;
    bool quoted = false;
    for (std::size_t i = 0, begin = 0; i < tag.size(); ++i) {
      if (tag[i] == '"') quoted = !quoted;
      if (!quoted && tag[i] == ' ') begin = i + 1;
      if (!quoted && tag[i] == '=' && !names.insert(tag.substr(begin, i - begin)).second)
        return "attribute twice: " + tag;
    }
    if (tag[0] == '/') {
      if (open.empty() || open.back() != tag.substr(1)) return "closed out of order: " + tag;
      open.pop_back();
    } else if (!tag.ends_with('/')) {
      open.push_back(name);
    }
    at = end;
  }
  return open.empty() ? std::nullopt : std::optional("left open: " + open.back());
}

/// The values of an attribute of every element of a kind that also holds `with`.
std::vector<double> values(const std::string& svg, const std::string& element, const std::string& attribute,
                           const std::string& with = "") {
  std::vector<double> found;
  for (std::size_t at = svg.find("<" + element + " "); at != svg.npos; at = svg.find("<" + element + " ", at + 1)) {
    const std::string tag = svg.substr(at, svg.find('>', at) - at);
    const std::size_t begin = tag.find(" " + attribute + "=\"");
    if (begin == tag.npos || tag.find(with) == tag.npos) continue;
    found.push_back(std::stod(tag.substr(begin + attribute.size() + 3)));
  }
  return found;
}

void expect_sound(const std::string& svg) {
  EXPECT_FALSE(fault(svg)) << *fault(svg);
  EXPECT_EQ(svg.find("nan"), svg.npos);
  EXPECT_EQ(svg.find("inf"), svg.npos);
}

const std::string kHostile = "</text><script>alert('1')</script> & \"\x01\xff\xc3\xa9\xed\xa0\x80";

TEST(Svg, TextIsEscapedAndBrokenBytesAreReplaced) {
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(io::escape_xml("<a href=\"x\">&'"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
  EXPECT_EQ(io::escape_xml("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8e\xb5"), "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8e\xb5");
  EXPECT_EQ(io::escape_xml(std::string("\0\x1b\xff", 3)), bad + bad + bad);
  EXPECT_EQ(io::escape_xml("\xc3"), bad);
  EXPECT_EQ(io::escape_xml("\xc0\xaf"), bad + bad) << "overlong";
  EXPECT_EQ(io::escape_xml("\xe0\x80\xaf"), bad + bad + bad) << "overlong in three bytes";
  EXPECT_EQ(io::escape_xml("\xed\xa0\x80"), bad + bad + bad) << "a surrogate";
  EXPECT_EQ(io::escape_xml("\xef\xbf\xbf"), bad + bad + bad) << "U+FFFF";
}

TEST(Svg, CutTextCountsCharactersAndNotBytes) {
  EXPECT_EQ(io::cut_text("\xc3\xa9t\xc3\xa9", 3), "\xc3\xa9t\xc3\xa9");
  EXPECT_EQ(io::cut_text("\xc3\xa9t\xc3\xa9s", 3), "\xc3\xa9t\xe2\x80\xa6");
}

TEST(Svg, PixelsAreShortAndNeverHuge) {
  EXPECT_EQ(io::pixels(1.5), "1.5");
  EXPECT_EQ(io::pixels(10), "10");
  EXPECT_EQ(io::pixels(-0.001), "0");
  EXPECT_EQ(io::pixels(1.0 / 3), "0.33");
  EXPECT_EQ(io::pixels(1e300), "10000000");
  EXPECT_EQ(io::pixels(-kInf), "-10000000");
  EXPECT_EQ(io::pixels(kNan), "-10000000");
}

std::string labels(double low, double high, bool logarithmic = false) {
  io::Extent extent(logarithmic);
  extent.add(low);
  extent.add(high);
  std::string text;
  for (const io::Tick& tick : io::Scale(extent, 0, 100).ticks(8)) text += tick.label + " ";
  return text;
}

TEST(Axis, TicksAreRoundNumbersWithinTheRange) {
  EXPECT_EQ(labels(0, 10), "0 2 4 6 8 10 ");
  EXPECT_EQ(labels(0.13, 0.61), "0.2 0.3 0.4 0.5 0.6 ");
  EXPECT_EQ(labels(-1, 1), "-1.0 -0.5 0.0 0.5 1.0 ");
  EXPECT_EQ(labels(0, 3e6), "0 500000 1e+06 1.5e+06 2e+06 2.5e+06 3e+06 ");
  EXPECT_EQ(labels(0.01, 1000, true), "0.01 0.1 1 10 100 1000 ");
  EXPECT_EQ(labels(0.3, 30, true), "0.5 1 2 5 10 20 ");
  EXPECT_EQ(labels(2, 3, true), "2.0 2.2 2.4 2.6 2.8 3.0 ");
}

TEST(Axis, TimesAreSecondsThenMinutesThenHours) {
  const auto times = [](double end) {
    io::Extent extent;
    extent.add(0);
    extent.add(end);
    const auto ticks = io::Scale(extent, 0, 100).time_ticks(6);
    return ticks.at(1).label + " " + ticks.back().label;
  };
  EXPECT_EQ(times(2), "0.5 2.0");
  EXPECT_EQ(times(100), "30 90");
  EXPECT_EQ(times(200), "1:00 3:00");
  EXPECT_EQ(times(7300), "0:30:00 2:00:00");
}

TEST(Axis, EveryRangeHasAFewTicksAndFinitePlaces) {
  const double ends[][2] = {{0, 0},           {5, 5},          {-3, -3},         {1e300, 1e300},
                            {-1e300, 1e300},  {1, 1 + 1e-15},  {1e-300, 2e-300}, {0, 1e-310},
                            {1e15, 1e15 + 1}, {1e-300, 1e300}, {kNan, kInf}};
  for (const auto& [low, high] : ends) {
    for (const bool logarithmic : {false, true}) {
      io::Extent extent(logarithmic);
      extent.add(low);
      extent.add(high);
      const io::Extent padded = extent.padded(0.02);
      const io::Scale scale(padded, 0, 100);
      EXPECT_LT(padded.low(), padded.high()) << low << " " << high;
      EXPECT_LE(scale.ticks(8).size(), 30u) << low << " " << high;
      if (!extent.empty()) {
        EXPECT_GE(scale(extent.low()), -1e-6) << low << " " << high;
        EXPECT_LE(scale(extent.high()), 100 + 1e-6) << low << " " << high;
      }
    }
  }
}

TEST(PianoRoll, EveryNoteIsOneRoundedBarAtItsPlace) {
  const std::string svg = io::draw_piano_roll({.notes = {note(0, 60), note(1, 72), note(2, 61)}, .title = "t"});
  expect_sound(svg);
  const auto x = values(svg, "rect", "x", " rx="), y = values(svg, "rect", "y", " rx=");
  ASSERT_EQ(x.size(), 3u);
  EXPECT_LT(x[0], x[1]);
  EXPECT_NEAR(x[2] - x[1], x[1] - x[0], 0.02) << "equal steps, coordinates rounded to 0.01";
  EXPECT_LT(y[1], y[2]) << "a higher pitch stands higher";
  EXPECT_NEAR((y[0] - y[1]) / 12, y[0] - y[2], 0.02) << "an octave is twelve semitones";
}

TEST(PianoRoll, LoudIsDarkerAndVelocitiesHaveAKeyOnlyIfTheyDiffer) {
  const auto green = [](int velocity) {
    const std::string svg = io::draw_piano_roll({.notes = {note(0, 60, 1, velocity)}, .title = ""});
    EXPECT_EQ(svg.find("loud"), svg.npos);
    const std::size_t at = svg.find("fill=\"#", svg.find(" rx="));
    return std::stoi(svg.substr(at + 9, 2), nullptr, 16);
  };
  EXPECT_GT(green(20), green(64));
  EXPECT_GT(green(64), green(127));
  const std::string svg = io::draw_piano_roll({.notes = {note(0, 60, 1, 20), note(1, 60, 1, 90)}, .title = ""});
  EXPECT_NE(svg.find("loud"), svg.npos);
}

TEST(PianoRoll, ThePrimersNotesAreOutlinedAndItsEndIsMarked) {
  io::PianoRoll roll{.notes = {note(0, 60), note(3.9, 62), note(4, 64), note(6, 65)}, .title = ""};
  const std::string plain = io::draw_piano_roll(roll);
  EXPECT_EQ(plain.find("primer"), plain.npos);
  EXPECT_EQ(count(plain, "stroke-width=\"1.1\""), 0u);
  roll.primer_end_s = 4;
  const std::string svg = io::draw_piano_roll(roll);
  expect_sound(svg);
  EXPECT_EQ(count(svg, "stroke-width=\"1.1\""), 2u);
  EXPECT_NE(svg.find(">primer<"), svg.npos);
  EXPECT_NE(svg.find(">generated<"), svg.npos);
}

TEST(PianoRoll, InstrumentsHaveALegendOnlyIfThereAreSeveral) {
  io::PianoRoll roll{.notes = {note(0, 60), note(1, 62)}, .title = "", .instrument_names = {{0, "Piano"}}};
  EXPECT_EQ(io::draw_piano_roll(roll).find("Piano"), std::string::npos);
  roll.notes.push_back(note(2, 64, 1, 100, 73));
  const std::string svg = io::draw_piano_roll(roll);
  EXPECT_NE(svg.find(">Piano<"), svg.npos);
  EXPECT_NE(svg.find(">program 73<"), svg.npos);
}

TEST(PianoRoll, AllInstrumentsAtOnceFit) {
  io::PianoRoll roll;
  for (int program = 0; program < 128; ++program) {
    roll.notes.push_back(note(program, program, 1, program, program));
    roll.instrument_names[program] = kHostile + std::string(100, 'n');
  }
  const std::string svg = io::draw_piano_roll(roll);
  expect_sound(svg);
  EXPECT_NE(svg.find(" more<"), svg.npos);
  EXPECT_EQ(svg.find("<script"), svg.npos);
}

TEST(PianoRoll, NoNotesAndImpossibleNotesAreAnEmptyPicture) {
  const std::string empty = io::draw_piano_roll({.notes = {}, .title = kHostile});
  expect_sound(empty);
  EXPECT_NE(empty.find("no notes"), empty.npos);
  const std::vector<ScoreNote> impossible = {note(kNan, 60),    note(kInf, 60),  note(-1, 60),   note(0, 60, kNan),
                                             note(0, 60, kInf), note(1e300, 60), note(0, 60, -1)};
  for (const double primer_end : {kNan, kInf, -1.0, 1e300}) {
    const std::string svg = io::draw_piano_roll({.notes = impossible, .primer_end_s = primer_end, .title = kHostile});
    expect_sound(svg);
    EXPECT_NE(svg.find("no notes"), svg.npos);
  }
}

TEST(PianoRoll, ThousandsOfNotesOfALongPieceStayWithinThePicture) {
  io::PianoRoll roll;
  for (int i = 0; i < 20'000; ++i) roll.notes.push_back(note(0.4 * i, i % 128, 0.05, i % 128, i % 3));
  const std::string svg = io::draw_piano_roll(roll);
  expect_sound(svg);
  const auto x = values(svg, "rect", "x", " rx="), width = values(svg, "rect", "width", " rx=");
  const auto y = values(svg, "rect", "y", " rx="), height = values(svg, "rect", "height", " rx=");
  ASSERT_GE(x.size(), 20'000u);
  for (std::size_t i = 0; i < x.size(); ++i) {
    ASSERT_TRUE(x[i] >= 0 && x[i] + width[i] <= 1200 && y[i] >= 0 && y[i] + height[i] <= 520) << i;
    ASSERT_GE(width[i], 1.5) << i;
  }
  EXPECT_LT(svg.size(), 20'000u * 150);
}

TEST(LineChart, APointThatCannotBeDrawnLeavesAGap) {
  io::LineChart chart{.title = kHostile, .x_label = kHostile, .y_label = kHostile, .series = {}};
  chart.series = {{kHostile, {{0, 1}, {1, 2}, {2, kNan}, {3, 2}, {4, 1}, {5, 1e301}}}};
  const std::string svg = io::draw_lines(chart);
  expect_sound(svg);
  const std::size_t begin = svg.rfind("<path", svg.rfind("\" fill=\"none\" stroke=\"#0072b2\""));
  const std::string commands = svg.substr(begin, svg.find('"', begin + 9) - begin);
  EXPECT_EQ(count(commands, "M"), 2u) << commands;
  EXPECT_EQ(count(commands, "L"), 2u) << commands;
}

TEST(LineChart, ALogarithmicAxisPutsEqualFactorsApartEquallyAndPassesOverZero) {
  const std::vector<ChartPoint> points = {{0, 0}, {1, 1}, {2, 10}, {3, 100}, {4, -5}};
  const std::string svg =
      io::draw_lines({.title = "", .x_label = "", .y_label = "", .series = {{"a", points}}, .log_y = true});
  expect_sound(svg);
  auto y = values(svg, "circle", "cy");
  ASSERT_EQ(y.size(), 4u) << "one in the legend, three points";
  EXPECT_NEAR(y[1] - y[2], y[2] - y[3], 0.02);
}

TEST(LineChart, SeriesDifferInDashAndMarkerAndNotInColourAlone) {
  io::LineChart chart{.title = "", .x_label = "", .y_label = "", .series = {}};
  for (int i = 0; i < 3; ++i) chart.series.push_back({std::to_string(i), {{0.0, 1.0 * i}, {1.0, 2.0 * i}}});
  const std::string svg = io::draw_lines(chart);
  expect_sound(svg);
  EXPECT_NE(svg.find("stroke-dasharray=\"7 4\""), svg.npos);
  EXPECT_NE(svg.find("stroke-dasharray=\"2 3\""), svg.npos);
  EXPECT_EQ(values(svg, "circle", "r").size(), 3u) << "only the first series has circles: legend and two points";
}

TEST(LineChart, ManyPointsAreThinnedAndTheOutlierStays) {
  io::LineChart chart{.title = "", .x_label = "", .y_label = "", .series = {{"a", {}}}};
  for (int i = 0; i < 200'000; ++i) chart.series[0].points.push_back({1.0 * i, i == 123'456 ? 1000.0 : i % 7});
  const std::string svg = io::draw_lines(chart);
  expect_sound(svg);
  EXPECT_LT(svg.size(), 100'000u);
  // The plot reaches from 48 to 484 px. The outlier is the greatest value, 4 % of the range below the end of the axis.
  EXPECT_NE(svg.find(" " + io::pixels(48 + (484 - 48) * 0.04 / 1.08) + "L"), svg.npos);
}

TEST(LineChart, ExtremeValuesAndNoValuesAreStillAPicture) {
  for (const auto& points : std::vector<std::vector<ChartPoint>>{
           {}, {{kNan, kNan}}, {{1, 1}}, {{0, 0}}, {{-1e300, 1e300}, {1e300, -1e300}}, {{1e-310, 1e-310}, {0, 0}}}) {
    for (const bool logarithmic : {false, true}) {
      expect_sound(io::draw_lines({.title = "",
                                   .x_label = "",
                                   .y_label = "",
                                   .series = {{"", points}, {"b", {}}},
                                   .log_x = logarithmic,
                                   .log_y = logarithmic}));
    }
  }
}

TEST(ScatterChart, EveryPointHasAMarkerAndEveryCentreAName) {
  io::ScatterChart chart{.title = kHostile, .x_label = kHostile, .y_label = "y", .groups = {}};
  chart.groups = {{"happy", {{0, 0}, {1, 1}, {kNan, 2}}, {{0.5, 0.5}}}, {"sad", {{3, 3}}, {{3, 4}, {kInf, 0}}}};
  const std::string svg = io::draw_scatter(chart);
  expect_sound(svg);
  EXPECT_EQ(values(svg, "circle", "r").size(), 3u + 2 + 2 + 1)
      << "happy's points and legend, the centre's legend, two rings, the dot in happy's";
  EXPECT_EQ(count(svg, ">happy<"), 1u);
  EXPECT_EQ(count(svg, ">sad<"), 1u);
  expect_sound(io::draw_scatter({}));
}

TEST(MatrixChart, CellsSayTheirShareOfTheirRow) {
  io::MatrixChart chart{.title = kHostile,
                        .x_label = kHostile,
                        .y_label = "right",
                        .rows = {"happy", "sad"},
                        .columns = {"happy", "sad"},
                        .cells = {{3, 1}, {0, kNan}}};
  const std::string svg = io::draw_matrix(chart);
  expect_sound(svg);
  EXPECT_EQ(count(svg, ">75 %<"), 1u);
  EXPECT_EQ(count(svg, ">25 %<"), 1u);
  EXPECT_EQ(count(svg, ">0 %<"), 2u) << "a row without counts";
  EXPECT_EQ(count(svg, ">sad<"), 2u);
  expect_sound(io::draw_matrix({}));
}

TEST(Draw, TheSameDataGiveTheSameText) {
  const io::PianoRoll roll{.notes = {note(0, 60), note(1, 62, 1, 50, 3)}, .primer_end_s = 1, .title = "a"};
  EXPECT_EQ(io::draw_piano_roll(roll), io::draw_piano_roll(roll));
}

}  // namespace
