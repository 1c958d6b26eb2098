#include "engine/emotion/names.h"

#include <array>
#include <cctype>
#include <charconv>

namespace engine {
namespace {

struct Named {
  const char* name;
  const char* quadrant;
  Emotion point;
};

constexpr std::array<Named, 4> kNamed = {
    {{"happy", "q1", {1, 1}}, {"angry", "q2", {-1, 1}}, {"sad", "q3", {-1, -1}}, {"calm", "q4", {1, -1}}}};

constexpr const char* kNeutral = "neutral";

std::optional<double> coordinate(const char* begin, const char* end) {
  while (begin != end && *begin == ' ') ++begin;
  if (begin != end && *begin == '+') ++begin;
  double value = 0;
  const auto [rest, error] = std::from_chars(begin, end, value);
  if (error != std::errc{} || rest != end || !(value >= -1 && value <= 1)) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Emotion> parse_emotion(const std::string& text) {
  std::string lower = text;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const Named& named : kNamed) {
    if (lower == named.name || lower == named.quadrant) return named.point;
  }
  if (lower == kNeutral) return Emotion{};
  const std::size_t comma = text.find(',');
  if (comma == std::string::npos) return std::nullopt;
  const auto valence = coordinate(text.data(), text.data() + comma);
  const auto arousal = coordinate(text.data() + comma + 1, text.data() + text.size());
  if (!valence || !arousal) return std::nullopt;
  return Emotion{*valence, *arousal};
}

std::string name_of(const Emotion& emotion) {
  for (const Named& named : kNamed) {
    if (emotion.valence * named.point.valence > 0 && emotion.arousal * named.point.arousal > 0) return named.name;
  }
  return kNeutral;
}

std::vector<std::string> emotion_names() {
  std::vector<std::string> names;
  for (const Named& named : kNamed) names.emplace_back(named.name);
  names.emplace_back(kNeutral);
  return names;
}

}  // namespace engine
