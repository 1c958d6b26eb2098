// Inside io/draw: builds the text of an SVG document.
#pragma once

#include <string>
#include <string_view>

namespace io {

/// Text as XML content: markup escaped, broken UTF-8 and characters that XML forbids replaced.
std::string escape_xml(std::string_view text);

/// Characters of UTF-8 text.
std::size_t count_characters(std::string_view text) noexcept;

/// The first `most` characters, with an ellipsis for the rest.
std::string cut_text(std::string_view text, std::size_t most);

/// A coordinate: at most two decimals, no exponent, no locale; beyond +-1e7 the limit itself.
std::string pixels(double value);

/// One element after another. Coordinates are pixels, y downward; `attributes` go in as they are: ` fill="red"`.
class Svg {
 public:
  Svg(double width, double height, std::string_view title);

  void rectangle(double x, double y, double width, double height, std::string_view attributes);
  void line(double x1, double y1, double x2, double y2, std::string_view attributes);
  void circle(double x, double y, double radius, std::string_view attributes);
  void path(std::string_view commands, std::string_view attributes);
  void text(double x, double y, std::string_view text, std::string_view attributes);
  void open_group(std::string_view attributes);
  void close_group();

  /// The document, closed. Nothing may be added afterwards.
  std::string finish() &&;

 private:
  std::string out_;
};

}  // namespace io
