// Notes as sound, through libfluidsynth and a SoundFont.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/data/audio.h"
#include "engine/data/note.h"

namespace app {

/// Longest sound rendered, in seconds: 1.3 GB of samples at 44.1 kHz. The longest piece of MAESTRO has 44 minutes.
inline constexpr double kMaxRenderSeconds = 3600;
/// Rate of everything rendered, in frames per second; stereo.
inline constexpr int kRenderRate = 44100;

/// Whether this build holds a synthesiser.
bool can_render();
/// "2.3.1"; empty if can_render() is false.
std::string synthesiser_version();

/// A synthesiser with its SoundFont, loaded once for any number of scores. One thread at a time per object; several
/// objects do not disturb each other.
class Renderer {
 public:
  /// @throws io::FormatError naming the file and the package if the SoundFont is missing, is none, or holds no
  ///         instrument; engine::Error if this build has no synthesiser (libfluidsynth-dev)
  explicit Renderer(const std::filesystem::path& soundfont);
  ~Renderer();
  Renderer(Renderer&&) noexcept;
  Renderer& operator=(Renderer&&) noexcept;

  /// The sound of all notes and drums, each program on a channel of its own, from second 0 of the score to where the
  /// last note and the room have died away (at most 10 s after its end). Gain is the same for every score, so that
  /// quiet pieces stay quiet; a score whose peak would pass -1 dB of full scale is made softer as a whole until it does
  /// not. Onsets are exact to 64 frames (1.5 ms). The same score gives the same samples, whatever was rendered before.
  /// @param on_progress  called about once a second of sound with the seconds done; may throw to give up
  /// @throws engine::Error if the score is longer than kMaxRenderSeconds; std::invalid_argument for a time that is
  ///         negative or not finite
  engine::Audio render(const engine::Score& score, const std::function<void(double)>& on_progress = {});

  /// What was odd about the last score, a sentence each: instruments that the SoundFont does not have.
  const std::vector<std::string>& warnings() const;

 private:
  struct Synth;
  std::unique_ptr<Synth> synth_;
};

/// One score through a Renderer of its own; warnings are dropped.
engine::Audio render_score(const engine::Score& score, const std::filesystem::path& soundfont);

struct Level {
  double peak = 0;  ///< greatest magnitude of a sample, full scale is 1
  double rms = 0;   ///< over all frames and channels
  double seconds = 0;
};
Level level_of(const engine::Audio& audio);
/// A magnitude in decibels below full scale: -6.0 for 0.5, -infinity for 0.
double decibels(double magnitude);

}  // namespace app
