// A finished piece and the files it becomes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/generate/job.h"
#include "app/generate/recipe.h"
#include "app/glue/render.h"
#include "engine/data/note.h"

namespace app {

/// The score of a piece: the new notes alone, starting at once, or after the primer.
/// @param recipe  text event that makes it again
engine::Score piece_score(const Job& job, const std::vector<engine::Note>& notes, const std::string& recipe);

/// Where the new notes begin in piece_score(), seconds; 0 without the primer.
double primer_end_s(const Job& job, const std::vector<engine::Note>& notes);

/// "000042_happy_s1234"
std::string piece_stem(const Job& job, std::uint64_t index);

/// The piano roll of a score as SVG, and the same as a file.
std::string piano_roll_svg(const engine::Score& score, double primer_end_s, const std::string& title);
void write_piano_roll(const std::string& file, const engine::Score& score, double primer_end_s,
                      const std::string& title, bool force);

/// Turns scores into sound files with one SoundFont, loaded once. One thread at a time.
class SoundWriter {
 public:
  /// @param soundfont  empty: the system's. Throws io::FormatError naming the package if there is none.
  explicit SoundWriter(const std::string& soundfont);
  void write(const std::string& file, const engine::Score& score, bool force);
  const std::string& soundfont() const { return soundfont_; }

 private:
  std::string soundfont_;
  Renderer renderer_;
};

}  // namespace app
