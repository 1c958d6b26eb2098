// Our side of the generation benchmarks: pieces in a decoder's slots, as the program runs them.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/generate/decoder.h"
#include "engine/generate/make.h"

namespace bench {

inline constexpr std::uint64_t kSeed = 11;

struct Setting {
  engine::StateMode state = engine::StateMode::window;
  int batch = 1;
  int threads = 2;
  engine::WeightFormat weights = engine::WeightFormat::fp32;
  bool encloser = false;  ///< the seed's alpha, beta and temperature and a happy piece; else the logits alone
  int block = 16;         ///< notes that a piece is advanced by in one call: engine::Session's own default
};

engine::Expression expression_of(const Setting& setting);

/// Random numbers for somebody else's draws: those that our decoder takes. @return [notes, batch]
std::vector<float> draws_of(int notes, int batch);

/// A random primer of W notes for each piece; from the fifth piece on they repeat, since the draws differ anyway.
std::vector<std::vector<engine::Note>> primers_of(const engine::ModelSpec& spec, int batch);

class Pieces {
 public:
  /// On the CPU.
  Pieces(const engine::Model& model, const Setting& setting);
  /// @param decoder  of setting.batch slots; the setting's threads and weights are its maker's business
  Pieces(const engine::Model& model, const Setting& setting, std::unique_ptr<engine::Decoder> decoder);

  /// Starts other pieces in the slots: those numbered first, first + 1, ...
  void begin(std::uint64_t first);
  /// Writes the next notes of every piece.
  void run(std::int64_t notes);
  /// The same with traces. @return [notes, batch]
  std::vector<engine::Note> traced(int notes, std::vector<engine::NoteTrace>& traces);
  /// Writes the next notes of every piece. @return [batch] the last of each
  std::vector<engine::Note> last_of(int notes);
  int batch() const { return setting_.batch; }

 private:
  void advance(int notes, engine::NoteTrace* traces);

  Setting setting_;
  std::unique_ptr<engine::Decoder> decoder_;
  std::vector<std::shared_ptr<const engine::Primed>> starts_;  ///< [batch]
  std::vector<engine::Note> written_;                          ///< [batch, notes]
  std::vector<engine::Stretch> stretches_;
};

}  // namespace bench
