// The recipe inside a generated file: all that makes its notes again, and nothing about where or beside what it was
// made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "app/generate/job.h"
#include "engine/data/note.h"

namespace app {

/// A recipe is a MIDI text event that starts with this.
inline constexpr const char* kRecipeMark = "affetto-recipe: ";
/// Longer primers are named by their hash only.
inline constexpr std::size_t kMostPrimerNotes = 4096;

/// Writes recipes of one job; only the index differs, so the rest is made once.
class RecipeWriter {
 public:
  explicit RecipeWriter(const Job& job);
  std::string text(std::uint64_t index) const;  ///< mark and JSON, one line
  /// What names the job whatever the index: equal for equal jobs.
  std::string job_text() const { return head_ + tail_; }

 private:
  std::string head_, tail_;
};

struct Recipe {
  std::string json;  ///< as found, for inspect
  std::string model_sha256, clusters_sha256, primer_sha256;
  engine::Expression expression;
  engine::StateMode state = engine::StateMode::window;
  std::uint64_t seed = 0, index = 0;
  int notes = 0;
  bool with_primer = false;
  std::string isa;
  DeviceOptions computing;  ///< device, precision and rung, by name
  double bpm = engine::kDefaultBpm;
  std::vector<engine::Note> primer;  ///< empty where only the hash stands
};

/// The recipe among a score's text events, if there is one. Throws io::FormatError if it is there but broken.
std::optional<Recipe> find_recipe(const engine::Score& score, const std::string& name);

/// The job that a file's recipe describes. `options` may name the model, clusters and primer files; their hashes must
/// be the recipe's. Throws UsageError, io::FormatError, engine::ModelError.
struct RecipeJob {
  Job job;
  std::uint64_t index = 0;
};
RecipeJob job_from_recipe(const GenerateOptions& options);

}  // namespace app
