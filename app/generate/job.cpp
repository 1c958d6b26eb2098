#include "app/generate/job.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "app/face/report.h"
#include "app/glue/exit_codes.h"
#include "app/glue/resources.h"
#include "engine/data/instruments.h"
#include "engine/data/notes.h"
#include "engine/emotion/names.h"
#include "engine/generate/make.h"
#include "io/errors.h"
#include "io/files/read_file.h"
#include "io/midi/read.h"

namespace app {
namespace {

constexpr int kMostNotes = 10'000'000;              // a day of music at two notes a second is 170,000
constexpr std::size_t kMaxPrimerBytes = 256 << 20;  // the MIDI reader's own bound

void check_numbers(const GenerateOptions& o) {
  check_option("--notes", o.notes, o.notes >= 1 && o.notes <= kMostNotes, "1 to 10000000",
               "--notes counts new notes; 120 is about half a minute");
  const std::uint64_t count = o.count.value_or(1);
  check_option("--count", static_cast<double>(count), count >= 1, "at least 1", "--count 10 makes ten pieces");
  check_option("--track", o.track.value_or(0), o.track.value_or(0) >= 0, "0 or more",
               "affetto inspect FILE lists the tracks");
  check_option("--threads", o.threads, o.threads >= 0 && o.threads <= 1024, "0 (all cores) to 1024",
               "leave it out for all cores");
}

bool looks_like_audio(const std::vector<std::uint8_t>& bytes) {
  const std::string head(bytes.begin(),
                         bytes.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(12, bytes.size())));
  const bool wave = head.rfind("RIFF", 0) == 0 && head.find("WAVE") != std::string::npos;
  const bool mp3 = head.rfind("ID3", 0) == 0 || (bytes.size() > 1 && bytes[0] == 0xff && (bytes[1] & 0xe0) == 0xe0);
  return wave || mp3 || head.rfind("fLaC", 0) == 0 || head.rfind("OggS", 0) == 0 || head.rfind("FORM", 0) == 0;
}

engine::Score open_primer(const GenerateOptions& o) {
  if (o.primer.empty()) return open_score(shipped_primer(), "the primer that ships", o.strict_midi);
  const auto bytes = io::read_file(o.primer, kMaxPrimerBytes, "read primer");
  if (!io::looks_like_midi(bytes) && looks_like_audio(bytes)) {
    throw io::FormatError({"read primer", o.primer, "it is audio; this version reads MIDI primers, audio comes later",
                           "give a MIDI file, or --primer none"});
  }
  return open_score(bytes, o.primer, o.strict_midi);
}

std::uint8_t commonest_program(const std::vector<engine::Note>& notes) {
  std::array<int, 128> counts{};
  for (const engine::Note& note : notes) ++counts[note.program];
  return static_cast<std::uint8_t>(std::ranges::max_element(counts) - counts.begin());
}

void resolve_primer(const GenerateOptions& o, Job& job) {
  if (o.primer == "none") {
    if (o.track) refuse_option("--track", "there is no primer to take a track from", "leave out --primer none");
    if (o.with_primer) refuse_option("--with-primer", "there is no primer to keep", "leave out --primer none");
    return;
  }
  const engine::Score score = open_primer(o);
  const std::string name = o.primer.empty() ? "the primer that ships" : o.primer;
  if (o.track && *o.track >= static_cast<int>(score.tracks.size())) {
    refuse_option("--track",
                  "it is " + std::to_string(*o.track) + ", " + name + " has tracks 0 to " +
                      std::to_string(static_cast<int>(score.tracks.size()) - 1),
                  "affetto inspect FILE lists the tracks");
  }
  job.primer = engine::to_notes(score, o.track);
  if (job.primer.empty()) {
    const bool drums = !score.drums.empty();
    throw io::FormatError({"read primer", name,
                           drums ? "it holds drums only, " + std::to_string(score.drums.size()) +
                                       " of them; a primer needs notes with a pitch"
                                 : "it holds no notes" + std::string(o.track ? " in that track" : ""),
                           "choose another file" + std::string(o.track ? " or track" : "") +
                               ", or start from nothing with --primer none"});
  }
  if (score.has_tempo) job.bpm = score.bpm;
}

engine::Emotion resolve_emotion(const std::string& text) {
  if (text.empty()) return {};
  const auto emotion = engine::parse_emotion(text);
  if (!emotion) {
    refuse_option(
        "--emotion",
        "it is '" + text + "', expected happy, angry, sad, calm, Q1 to Q4, neutral, or valence,arousal in [-1, 1]",
        "--emotion happy, or --emotion 0.8,-0.2");
  }
  return *emotion;
}

/// The reading of the face, if there is one and it is no guess.
std::optional<FaceResult> resolve_face(const GenerateOptions& o) {
  if (o.face.empty()) {
    if (o.cropped)
      refuse_option("--cropped", "it says how to read a face, and there is none", "give --face PICTURE too");
    if (!o.face_box.empty())
      refuse_option("--face-box", "it says where a face is, and there is no picture", "give --face PICTURE too");
    if (!o.face_model.empty())
      refuse_option("--face-model", "it says what reads a face, and there is none", "give --face PICTURE too");
    return std::nullopt;
  }
  if (!o.emotion.empty()) refuse_option("--face", "--emotion names another emotion", "give one of the two");
  FaceResult face = FaceReader(o.face_model, "--face-model").read(o.face, face_options(o.cropped, o.face_box));
  for (const std::string& warning : face.warnings) warn(o.face + ": " + warning);
  if (!face.reading.sure()) {
    throw io::FormatError({"read face", o.face, "the reading is no more than a guess: " + face_words(face.reading),
                           "choose an emotion: --emotion happy; affetto face PICTURE shows the reading"});
  }
  return face;
}

std::uint64_t system_seed() {
  std::uint32_t seed = 0;  // 32 bits: short enough to type again
  if (getrandom(&seed, sizeof seed, 0) != sizeof seed) seed = static_cast<std::uint32_t>(std::time(nullptr));
  return seed;
}

kernels::Isa resolve_isa(const std::string& text) {
  if (text.empty()) return kernels::active_isa();
  const auto isa = kernels::find_isa(text);
  const auto levels = kernels::available_isas();
  if (!isa || std::ranges::find(levels, *isa) == levels.end()) {
    std::string names;
    for (const kernels::Isa level : levels) names += (names.empty() ? "" : ", ") + std::string(kernels::name_of(level));
    refuse_option("--isa", "'" + text + "' is not available here; this processor runs " + names,
                  "leave it out for the best one");
  }
  return *isa;
}

std::optional<std::uint64_t> whole(std::string_view text) {
  std::uint64_t value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || rest != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Shard> shard_from_environment() {
  constexpr std::array<std::pair<const char*, const char*>, 3> kNames = {
      {{"SLURM_PROCID", "SLURM_NTASKS"}, {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"}, {"PMI_RANK", "PMI_SIZE"}}};
  for (const auto& [rank, size] : kNames) {
    const char* part = std::getenv(rank);
    const char* of = std::getenv(size);
    if (!part || !of) continue;
    const auto i = whole(part), n = whole(of);
    if (i && n && *i<*n&& * n> 1) {
      warn("shard " + std::to_string(*i) + "/" + std::to_string(*n) + " taken from " + rank + " (--shard 0/1 for all)");
      return Shard{*i, *n};
    }
  }
  return std::nullopt;
}

}  // namespace

Shard resolve_shard(const std::string& text) {
  if (text.empty()) return shard_from_environment().value_or(Shard{});
  const std::size_t slash = text.find('/');
  if (slash != std::string::npos) {
    const auto part = whole(std::string_view(text).substr(0, slash)),
               of = whole(std::string_view(text).substr(slash + 1));
    if (part && of && *part < *of) return {*part, *of};
  }
  refuse_option("--shard", "it is '" + text + "', expected I/N with 0 <= I < N",
                "--shard 0/4, 1/4, 2/4 and 3/4 make one batch");
}

Job resolve_job(const GenerateOptions& o) {
  check_numbers(o);
  Job job;
  job.face = resolve_face(o);
  job.expression.emotion = job.face ? job.face->reading.emotion : resolve_emotion(o.emotion);
  job.isa = resolve_isa(o.isa);
  if (!o.instrument.empty()) {
    const auto program = engine::find_instrument(o.instrument);
    if (!program)
      refuse_option("--instrument", "'" + o.instrument + "' is no General MIDI instrument",
                    "a name like violin, or a program 0 to 127");
    job.expression.program = *program;
  }
  job.model = open_model(o.model);
  if (!o.clusters.empty()) {
    OpenedClusters opened = open_clusters(o.clusters);
    job.model.model.clusters = opened.clusters;
    job.clusters_sha256 = opened.sha256;
  }
  job.expression.sampling = resolve_sampling(o.sampling, job.model.model.spec.sampling);
  job.state = job.model.model.spec.state;
  choose_option("--state", o.state, job.state,
                {{"window", engine::StateMode::window}, {"carry", engine::StateMode::carry}});
  resolve_primer(o, job);
  if (o.instrument.empty() && !job.primer.empty()) job.expression.program = commonest_program(job.primer);
  job.with_primer = o.with_primer;
  job.seed = o.seed ? *o.seed : system_seed();
  job.notes = o.notes;
  job.computing =
      resolve_computing(o.computing, static_cast<double>(o.notes) * static_cast<double>(o.count.value_or(1)));
  job.fusion = fusion_of(job.computing, job.model.model, job.state);
  job.threads = o.threads;
  return job;
}

std::unique_ptr<engine::Decoder> make_decoder(const Job& job, std::uint64_t pieces) {
  kernels::set_isa(job.isa);
  const int slots = slots_for(job.computing, job.model.model, job.state, pieces);
  return make_decoder(job.computing, job.model.model, job.state, slots, job.threads);
}

}  // namespace app
