// Tells what our reader finds in MIDI files, as text for other programs to compare; or writes one again with our
// writer.
//
//   midi_dump FILE...              for each file: a line "file NAME", then a line per note:
//                                  note|drum TRACK CHANNEL PROGRAM PITCH VELOCITY ONSET_S END_S
//   midi_dump --rewrite IN OUT     reads IN, writes OUT
#include <cstdio>
#include <exception>
#include <string_view>
#include <vector>

#include "io/midi/read.h"
#include "io/midi/write.h"

namespace {

void print(const char* kind, const std::vector<engine::ScoreNote>& notes) {
  for (const engine::ScoreNote& n : notes) {
    std::printf("%s %d %d %d %d %d %.17g %.17g\n", kind, n.track, n.channel, n.program, n.pitch, n.velocity, n.onset_s,
                n.onset_s + n.duration_s);
  }
}

int rewrite(const char* from, const char* to) {
  const auto bytes = io::format_midi(io::read_midi(from));
  std::FILE* const file = std::fopen(to, "wb");
  if (file == nullptr) return 6;
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  return std::fclose(file) == 0 && written ? 0 : 6;
}

}  // namespace

int main(int count, char** values) {
  try {
    if (count == 4 && std::string_view(values[1]) == "--rewrite") return rewrite(values[2], values[3]);
    for (int i = 1; i < count; ++i) {
      const engine::Score score = io::read_midi(values[i]);
      std::printf("file %s\n", values[i]);
      print("note", score.notes);
      print("drum", score.drums);
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "error: %s\n", e.what());
    return 3;
  }
  return 0;
}
