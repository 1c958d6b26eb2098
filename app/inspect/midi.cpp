#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>

#include "app/generate/recipe.h"
#include "app/glue/outputs.h"
#include "app/glue/progress.h"
#include "app/inspect/inspect.h"
#include "engine/data/instruments.h"
#include "engine/data/json_depth.h"
#include "engine/data/notes.h"
#include "engine/emotion/features.h"
#include "engine/emotion/naming.h"

namespace app {
namespace {

using Json = nlohmann::ordered_json;

Json tracks_of(const engine::Score& score) {
  Json tracks = Json::array();
  for (const engine::TrackInfo& track : score.tracks) {
    tracks.push_back({{"name", track.name}, {"notes", track.notes}, {"drum_notes", track.drum_notes}});
  }
  return tracks;
}

Json pitches_of(const engine::Score& score) {
  if (score.notes.empty()) return Json();
  const auto [low, high] = std::ranges::minmax(score.notes, {}, &engine::ScoreNote::pitch);
  return {{"lowest", low.pitch}, {"highest", high.pitch}};
}

Json instruments_of(const engine::Score& score) {
  std::set<std::uint8_t> programs;
  for (const engine::ScoreNote& note : score.notes) programs.insert(note.program);
  Json instruments = Json::array();
  for (const std::uint8_t program : programs) {
    instruments.push_back({{"program", program}, {"name", engine::instrument_name(program)}});
  }
  return instruments;
}

/// The recipe as JSON, or its text where it is none; null without one.
Json recipe_of(const engine::Score& score) {
  const std::string mark = kRecipeMark;
  for (const std::string& event : score.texts) {
    if (!event.starts_with(mark)) continue;
    const std::string text = event.substr(mark.size());
    if (engine::nests_deeply(text)) return text;
    Json recipe = Json::parse(text, nullptr, false);
    return recipe.is_discarded() ? Json(text) : recipe;
  }
  return Json();
}

void add_emotion(Json& json, const engine::Score& score, const std::optional<Judge>& judge) {
  json["features"] = json["cluster"] = Json();
  if (score.notes.empty()) return;
  const engine::Features features = engine::features_of(engine::to_notes(score));
  json["features"] = Json::object();
  for (std::size_t k = 0; k < engine::kFeatures; ++k) json["features"][engine::kFeatureNames[k]] = features[k];
  if (!judge) return;
  const engine::ClusterDistances d = engine::distances(judge->clusters, features);
  json["cluster"] = {{"name", engine::mood_of(judge->clusters, features) == engine::Mood::happy ? "happy" : "sad"},
                     {"distance_happy", d.happy},
                     {"distance_sad", d.sad},
                     {"centres", judge->source}};
}

/// "C4" for 60.
std::string pitch_name(int pitch) {
  constexpr const char* kNames[] = {"C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"};
  return kNames[pitch % 12] + std::to_string(pitch / 12 - 1);
}

std::string names_of(const Json& instruments) {
  std::string text;
  for (const Json& instrument : instruments) {
    text += (text.empty() ? "" : ", ") + instrument["name"].get<std::string>();
  }
  return text;
}

void print_tracks(const Json& tracks) {
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    const Json& track = tracks[i];
    if (track["notes"] == 0 && track["drum_notes"] == 0) continue;
    const std::string name = track["name"].get<std::string>();
    print_row("  track " + std::to_string(i),
              track["notes"].dump() + " notes" +
                  (track["drum_notes"] == 0 ? "" : ", " + track["drum_notes"].dump() + " on drums") +
                  (name.empty() ? "" : "  " + name));
  }
}

void print_emotion(const Json& midi) {
  if (midi["features"].is_null()) return;
  const auto triple = [&](std::size_t first) {
    std::string text;
    for (std::size_t k = first; k < first + 3; ++k) {
      text += (text.empty()     ? "mean "
               : k == first + 1 ? ", max "
                                : ", deviation ") +
              fixed(midi["features"][engine::kFeatureNames[k]].get<double>(), 3);
    }
    return text;
  };
  print_row("step, s", triple(0));
  print_row("duration, s", triple(3));
  print_row("pitch", triple(6));
  const Json& cluster = midi["cluster"];
  if (cluster.is_null()) return print_row("cluster", "unknown: no centres (--clusters FILE or --model FILE)");
  print_row("cluster", cluster["name"].get<std::string>() + " (distance to happy " +
                           fixed(cluster["distance_happy"].get<double>(), 3) + ", to sad " +
                           fixed(cluster["distance_sad"].get<double>(), 3) + "; " +
                           cluster["centres"].get<std::string>() + ")");
}

}  // namespace

Json describe_midi(const engine::Score& score, const std::optional<Judge>& judge) {
  Json json = {{"content", "midi"},
               {"format", score.format},
               {"ticks_per_quarter", score.ticks_per_quarter},
               {"tempo_bpm", score.bpm},
               {"has_tempo", score.has_tempo},
               {"length_s", score.length_s},
               {"notes", score.notes.size()},
               {"drum_notes", score.drums.size()},
               {"pitches", pitches_of(score)},
               {"instruments", instruments_of(score)},
               {"tracks", tracks_of(score)}};
  add_emotion(json, score, judge);
  json["recipe"] = recipe_of(score);
  json["warnings"] = score.warnings;
  return json;
}

void print_midi(const Json& midi) {
  const int ticks = midi["ticks_per_quarter"].get<int>();
  print_row("content", "MIDI, format " + midi["format"].dump() + ", " +
                           (ticks ? std::to_string(ticks) + " ticks per quarter" : "SMPTE frames"));
  print_row("length", human_seconds(midi["length_s"].get<double>()) + ", " + fixed(midi["tempo_bpm"].get<double>(), 1) +
                          " quarters per minute" + (midi["has_tempo"].get<bool>() ? "" : " (by default)"));
  std::string notes = midi["notes"].dump() + " notes, " + midi["drum_notes"].dump() + " on drums";
  if (!midi["pitches"].is_null()) {
    const int low = midi["pitches"]["lowest"].get<int>(), high = midi["pitches"]["highest"].get<int>();
    notes += ", pitches " + std::to_string(low) + " (" + pitch_name(low) + ") to " + std::to_string(high) + " (" +
             pitch_name(high) + ")";
  }
  print_row("notes", notes);
  if (!midi["instruments"].empty()) print_row("instruments", names_of(midi["instruments"]));
  print_tracks(midi["tracks"]);
  print_emotion(midi);
  if (!midi["recipe"].is_null())
    print_row("recipe", midi["recipe"].dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace app
