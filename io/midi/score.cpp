#include "io/midi/score.h"

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>
#include <utility>

#include "io/midi/tempo_map.h"

namespace io::midi {
namespace {

constexpr std::uint8_t kDrumChannel = 9;  // what musicians call channel 10

// Program changes of all tracks, per channel in the order of time, for notes whose own track has none.
class Programs {
 public:
  explicit Programs(std::span<const RawProgram> changes) {
    for (const RawProgram& c : changes) channels_[c.channel].push_back(c);
    for (auto& list : channels_) std::stable_sort(list.begin(), list.end(), earlier);
  }

  std::uint8_t at(std::uint8_t channel, std::uint64_t tick) const {
    const auto& list = channels_[channel];
    const auto after = std::upper_bound(list.begin(), list.end(), RawProgram{.tick = tick}, earlier);
    return after == list.begin() ? std::uint8_t{0} : (after - 1)->program;
  }

 private:
  static bool earlier(const RawProgram& a, const RawProgram& b) { return a.tick < b.tick; }
  std::array<std::vector<RawProgram>, 16> channels_;
};

struct FirstNote {
  double onset_s = std::numeric_limits<double>::infinity();
  double bpm = engine::kDefaultBpm;
};

// Notes [begin, end) of the song, `start_s` seconds after the start of the file.
class Placer {
 public:
  Placer(RawSong& song, engine::Score& score) : song_(song), score_(score) {}

  void place(std::size_t begin, std::size_t end, const TempoMap& tempo, const Programs& programs, double start_s) {
    for (std::size_t i = begin; i < end; ++i) {
      const RawNote& raw = song_.notes[i];
      const double onset = start_s + tempo.seconds(raw.onset);
      const double stop = start_s + tempo.seconds(raw.end);
      const bool drum = raw.channel == kDrumChannel;
      engine::TrackInfo& track = song_.tracks[raw.track];
      ++(drum ? track.drum_notes : track.notes);
      FirstNote& first = drum ? first_drum_ : first_;
      if (onset < first.onset_s) first = {onset, tempo.bpm(raw.onset)};
      score_.length_s = std::max(score_.length_s, stop);
      (drum ? score_.drums : score_.notes)
          .push_back({.onset_s = onset,
                      .duration_s = stop - onset,
                      .pitch = raw.pitch,
                      .velocity = raw.velocity,
                      .program = raw.program == kNoProgram ? programs.at(raw.channel, raw.onset) : raw.program,
                      .channel = raw.channel,
                      .track = raw.track});
    }
  }

  /// Tempo at the first note, else at the first drum, else `otherwise`.
  double bpm(double otherwise) const {
    if (!score_.notes.empty()) return first_.bpm;
    return score_.drums.empty() ? otherwise : first_drum_.bpm;
  }

 private:
  RawSong& song_;
  engine::Score& score_;
  FirstNote first_, first_drum_;
};

void sort_notes(std::vector<engine::ScoreNote>& notes) {
  const auto before = [](const engine::ScoreNote& a, const engine::ScoreNote& b) {
    return std::tie(a.onset_s, a.pitch, a.duration_s) < std::tie(b.onset_s, b.pitch, b.duration_s);
  };
  if (!std::is_sorted(notes.begin(), notes.end(), before)) std::stable_sort(notes.begin(), notes.end(), before);
}

void place_sequences(const Header& header, const RawSong& song, Placer& placer) {
  const Programs none({});
  double start_s = 0;
  for (std::size_t i = 0; i < song.parts.size(); ++i) {
    const TrackPart& part = song.parts[i];
    const bool last = i + 1 == song.parts.size();
    const std::size_t notes_end = last ? song.notes.size() : song.parts[i + 1].first_note;
    const std::size_t tempos_end = last ? song.tempos.size() : song.parts[i + 1].first_tempo;
    const TempoMap tempo(header.division,
                         std::span(song.tempos).subspan(part.first_tempo, tempos_end - part.first_tempo));
    placer.place(part.first_note, notes_end, tempo, none, start_s);
    start_s += tempo.seconds(part.end_tick);
  }
}

}  // namespace

engine::Score to_score(const Header& header, RawSong&& song) {
  engine::Score score;
  score.format = header.format;
  score.ticks_per_quarter = header.division.ticks_per_quarter;
  score.has_tempo = !song.tempos.empty();
  const auto drums = static_cast<std::size_t>(
      std::count_if(song.notes.begin(), song.notes.end(), [](const RawNote& n) { return n.channel == kDrumChannel; }));
  score.notes.reserve(song.notes.size() - drums);
  score.drums.reserve(drums);

  const TempoMap tempo(header.division, song.tempos);
  Placer placer(song, score);
  if (header.format == 2) {
    place_sequences(header, song, placer);
  } else {
    placer.place(0, song.notes.size(), tempo, Programs(song.programs), 0);
  }
  score.bpm = placer.bpm(tempo.bpm(0));
  sort_notes(score.notes);
  sort_notes(score.drums);
  score.tracks = std::move(song.tracks);
  score.texts = std::move(song.texts);
  return score;
}

}  // namespace io::midi
