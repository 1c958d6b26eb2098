#include "io/draw/svg.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace io {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

/// Length of the UTF-8 character at the start of `text`, or 0 if it is broken or XML forbids it.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return first >= 0x20 || first == '\t' || first == '\n' || first == '\r' ? 1 : 0;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  char32_t code = first & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3fu);
  }
  constexpr std::array<char32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return code < kLeast[length] || surrogate || code == 0xfffe || code == 0xffff || code > 0x10ffff ? 0 : length;
}

std::string_view entity(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

}  // namespace

std::string escape_xml(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    if (const std::string_view escaped = entity(text[0]); !escaped.empty()) {
      out += escaped;
    } else {
      out += length == 0 ? kReplacement : text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

std::size_t count_characters(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string cut_text(std::string_view text, std::size_t most) {
  if (count_characters(text) <= most) return std::string(text);
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end) {
    if ((static_cast<unsigned char>(text[end]) & 0xc0) != 0x80 && seen++ == most - 1) break;
  }
  return std::string(text.substr(0, end)) + "\xE2\x80\xA6";
}

std::string pixels(double value) {
  constexpr double kMost = 1e7;
  std::array<char, 32> text;
  const double shown = value > kMost ? kMost : value > -kMost ? value : -kMost;
  const char* end = std::to_chars(text.data(), text.data() + text.size(), shown, std::chars_format::fixed, 2).ptr;
  std::string_view number(text.data(), static_cast<std::size_t>(end - text.data()));
  number.remove_suffix(number.size() - 1 - number.find_last_not_of('0'));
  if (number.ends_with('.')) number.remove_suffix(1);
  return number == "-0" ? "0" : std::string(number);
}

Svg::Svg(double width, double height, std::string_view title) {
  const std::string w = pixels(width), h = pixels(height);
  out_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + w + "\" height=\"" + h + "\" viewBox=\"0 0 " + w + " " +
         h + "\" role=\"img\" font-family=\"system-ui, 'Segoe UI', Helvetica, Arial, sans-serif\" font-size=\"12\">\n";
  if (!title.empty()) out_ += "<title>" + escape_xml(title) + "</title>\n";
  rectangle(0, 0, width, height, " fill=\"#ffffff\"");
}

void Svg::rectangle(double x, double y, double width, double height, std::string_view attributes) {
  out_ += "<rect x=\"" + pixels(x) + "\" y=\"" + pixels(y) + "\" width=\"" + pixels(width) + "\" height=\"" +
          pixels(height) + "\"";
  out_.append(attributes) += "/>\n";
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view attributes) {
  out_ +=
      "<line x1=\"" + pixels(x1) + "\" y1=\"" + pixels(y1) + "\" x2=\"" + pixels(x2) + "\" y2=\"" + pixels(y2) + "\"";
  out_.append(attributes) += "/>\n";
}

void Svg::circle(double x, double y, double radius, std::string_view attributes) {
  out_ += "<circle cx=\"" + pixels(x) + "\" cy=\"" + pixels(y) + "\" r=\"" + pixels(radius) + "\"";
  out_.append(attributes) += "/>\n";
}

void Svg::path(std::string_view commands, std::string_view attributes) {
  out_.append("<path d=\"").append(commands) += "\"";
  out_.append(attributes) += "/>\n";
}

void Svg::text(double x, double y, std::string_view text, std::string_view attributes) {
  out_ += "<text x=\"" + pixels(x) + "\" y=\"" + pixels(y) + "\"";
  out_.append(attributes) += ">" + escape_xml(text) + "</text>\n";
}

void Svg::open_group(std::string_view attributes) { out_.append("<g").append(attributes) += ">\n"; }

void Svg::close_group() { out_ += "</g>\n"; }

std::string Svg::finish() && { return std::move(out_) + "</svg>\n"; }

}  // namespace io
