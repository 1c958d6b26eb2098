// What `affetto generate` was asked for: the options as given, and the job they resolve to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/face/reader.h"
#include "app/generate/sampling_options.h"
#include "app/glue/device.h"
#include "app/glue/inputs.h"
#include "engine/generate/make.h"
#include "kernels/cpu/isa.h"

namespace app {

/// Options as typed; what is absent takes its default from the model, the primer or the system.
struct GenerateOptions {
  std::string primer;  ///< file, "none", or empty for the primer that ships
  bool with_primer = false, strict_midi = false;
  std::optional<int> track;
  std::string emotion, face, face_box, face_model, model, clusters, from, instrument;
  bool cropped = false;  ///< the picture is a face already
  int notes = 120;
  std::optional<std::uint64_t> count, first, seed;
  std::string shard;
  bool resume = false, force = false, json = false, quiet = false;
  SamplingOptions sampling;
  std::string state, isa;
  DeviceOptions computing;
  int threads = 0;
  std::string output, audio, piano_roll, trace, soundfont;
};

/// The part of a batch that this process does: index % of == part.
struct Shard {
  std::uint64_t part = 0, of = 1;
  /// Of its files' names: ".0-of-4", empty for the whole.
  std::string suffix() const { return of > 1 ? "." + std::to_string(part) + "-of-" + std::to_string(of) : ""; }
};

/// Everything that decides the notes of a piece, but its index.
struct Job {
  OpenedModel model;
  std::string clusters_sha256;  ///< empty where the model's own are used
  std::vector<engine::Note> primer;
  double bpm = engine::kDefaultBpm;
  bool with_primer = false;
  engine::Expression expression;
  std::optional<FaceResult> face;  ///< that the emotion was read from
  engine::StateMode state = engine::StateMode::window;
  std::uint64_t seed = 0;
  int notes = 0;
  kernels::Isa isa = kernels::Isa::baseline;
  Computing computing;
  std::string fusion;  ///< rung of the ladder; empty on the CPU
  int threads = 0;
};

/// Checks the options, opens model, clusters and primer, draws a seed where none is given.
/// Throws UsageError, io::FormatError, engine::ModelError.
Job resolve_job(const GenerateOptions& options);

/// "I/N" with 0 <= I < N; empty: from Slurm's or MPI's environment, else the whole.
Shard resolve_shard(const std::string& text);

/// The decoder of a job.
std::unique_ptr<engine::Decoder> make_decoder(const Job& job, std::uint64_t pieces);

}  // namespace app
