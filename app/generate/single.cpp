#include <cmath>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/face/report.h"
#include "app/generate/piece.h"
#include "app/generate/recipe.h"
#include "app/generate/run.h"
#include "app/generate/trace.h"
#include "app/glue/exit_codes.h"
#include "app/glue/interrupt.h"
#include "app/glue/outputs.h"
#include "app/glue/progress.h"
#include "app/glue/stages.h"
#include "engine/emotion/names.h"
#include "engine/generate/session.h"
#include "io/audio/write_audio.h"
#include "io/files/write_file.h"
#include "io/midi/write.h"

namespace app {
namespace {

using Json = nlohmann::ordered_json;

struct Collected final : engine::NoteSink {
  Collected(int total, bool quiet) : progress("compose", static_cast<std::uint64_t>(total), "notes", quiet) {}
  void notes(const engine::PieceRequest&, int first, std::span<const engine::Note> added,
             std::span<const engine::NoteTrace> traces) override {
    all.insert(all.end(), added.begin(), added.end());
    for (std::size_t i = 0; i < traces.size(); ++i) {
      trace += trace_line(first + static_cast<int>(i), added[i], traces[i]) + "\n";
    }
    progress.update(all.size());
  }
  void finished(const engine::PieceRequest&) override { done = true; }

  std::vector<engine::Note> all;
  std::string trace;
  Progress progress;
  bool done = false;
};

std::string default_output(const Job& job) {
  return "affetto_" + engine::name_of(job.expression.emotion) + "_s" + std::to_string(job.seed) + ".mid";
}

/// Says early that a name goes with no format.
void check_extensions(const GenerateOptions& o) {
  const std::string sound = std::filesystem::path(o.audio).extension().string();
  if (!o.audio.empty() && !io::audio_extension_supported(sound)) {
    refuse_option("--audio", "'" + o.audio + "' ends in no known format",
                  "name a file that ends in one of: " + io::audio_extensions());
  }
  if (!o.piano_roll.empty() && std::filesystem::path(o.piano_roll).extension() != ".svg") {
    refuse_option("--piano-roll", "'" + o.piano_roll + "' does not end in .svg", "--piano-roll piece.svg");
  }
}

void compose(const Job& job, std::uint64_t index, bool trace, Collected& sink) {
  const auto decoder = make_decoder(job, 1);
  engine::Session session(*decoder, block_for(job.computing));
  session.add({.key = {job.seed, index},
               .notes = job.notes,
               .expression = job.expression,
               .changes = {},
               .primer = decoder->prime(job.primer),
               .trace = trace});
  session.run(sink, interrupt_token());
  sink.progress.finish();
  if (!sink.done) {
    throw Interrupted({"generate", "",
                       "interrupted after " + std::to_string(sink.all.size()) + " of " + std::to_string(job.notes) +
                           " notes; nothing was written",
                       ""});
  }
}

Json summary(const Job& job, std::uint64_t index, const engine::Score& score, const Stages& stages) {
  const double compose_s = stages["compose"];
  Json json = {
      {"seed", job.seed},
      {"index", index},
      {"emotion", engine::name_of(job.expression.emotion)},
      {"valence", job.expression.emotion.valence},
      {"arousal", job.expression.emotion.arousal},
      {"new_notes", job.notes},
      {"primer_notes", job.primer.size()},
      {"length_s", score.length_s},
      {"model", job.model.file.string()},
      {"model_sha256", job.model.sha256},
      {"state", job.state == engine::StateMode::carry ? "carry" : "window"},
      {"device", job.computing.device_name()},
      {"precision", job.computing.precision()},
      {"fusion", job.fusion},
      {"isa", kernels::name_of(job.isa)},
      {"sampling", Json::parse(engine::format_sampling(job.expression.sampling))},
      {"seconds",
       {{"load", stages["load"]}, {"compose", compose_s}, {"render", stages["render"]}, {"write", stages["write"]}}},
      {"notes_per_second", compose_s > 0 ? job.notes / compose_s : 0}};
  if (job.face) json["face"] = face_json(*job.face);
  return json;
}

Json notes_json(const std::vector<engine::Note>& notes) {
  Json list = Json::array();
  for (const engine::Note& n : notes) {
    list.push_back({{"pitch", n.pitch},
                    {"step", n.step_s},
                    {"duration", n.duration_s},
                    {"velocity", n.velocity},
                    {"program", n.program}});
  }
  return list;
}

void print_stages(const Job& job, const Stages& stages) {
  std::string line = "load " + human_seconds(stages["load"]) + ", compose " + human_seconds(stages["compose"]);
  if (stages["compose"] > 0) line += " (" + human_count(job.notes / stages["compose"]) + " notes/s)";
  if (stages["render"] > 0) line += ", render " + human_seconds(stages["render"]);
  std::printf("%s, write %s\n", line.c_str(), human_seconds(stages["write"]).c_str());
}

}  // namespace

int run_single(const GenerateOptions& o) {
  Stages stages;
  RecipeJob resolved;
  stages.time("load", [&] {
    if (o.from.empty()) {
      resolved.job = resolve_job(o);
      resolved.index = o.first.value_or(0);
    } else {
      resolved = job_from_recipe(o);
    }
  });
  const Job& job = resolved.job;
  const std::string output = o.output.empty() ? default_output(job) : o.output;
  check_extensions(o);
  for (const std::string& file : {output, o.audio, o.piano_roll, o.trace}) check_free(file, o.force);

  Collected sink(job.notes, o.json || o.quiet);
  stages.time("compose", [&] { compose(job, resolved.index, !o.trace.empty(), sink); });

  const auto existing = o.force ? io::Existing::replace : io::Existing::refuse;
  const engine::Score score = piece_score(job, sink.all, RecipeWriter(job).text(resolved.index));
  const std::string emotion = engine::name_of(job.expression.emotion);
  stages.time("write", [&] {
    io::write_file(output, io::format_midi(score), existing);
    if (!o.trace.empty()) io::write_file(o.trace, sink.trace, existing);
    if (!o.piano_roll.empty()) {
      write_piano_roll(o.piano_roll, score, primer_end_s(job, sink.all), emotion + ", seed " + std::to_string(job.seed),
                       o.force);
    }
  });
  std::string soundfont;
  if (!o.audio.empty()) {
    stages.time("render", [&] {
      SoundWriter sound(o.soundfont);
      sound.write(o.audio, score, o.force);
      soundfont = sound.soundfont();
    });
  }

  if (o.json) {
    Json json = summary(job, resolved.index, score, stages);
    json["file"] = output;
    json["notes"] = notes_json(sink.all);
    std::printf("%s\n", json.dump(1).c_str());
    return kDone;
  }
  if (o.quiet) return kDone;
  if (job.face) print_row("face", o.face + ": " + face_words(job.face->reading));
  std::printf("%s: %s, %d new notes, %s of music, seed %llu\n", output.c_str(), emotion.c_str(), job.notes,
              human_seconds(score.length_s).c_str(), static_cast<unsigned long long>(job.seed));
  if (!o.audio.empty()) std::printf("%s: sound by %s\n", o.audio.c_str(), soundfont.c_str());
  if (!o.piano_roll.empty()) std::printf("%s: piano roll\n", o.piano_roll.c_str());
  if (!o.trace.empty()) std::printf("%s: how each note was chosen\n", o.trace.c_str());
  print_stages(job, stages);
  return kDone;
}

}  // namespace app
