#include <algorithm>
#include <cstdio>
#include <thread>
#include <unordered_map>

#include "app/face/report.h"
#include "app/generate/batch_archive.h"
#include "app/generate/batch_folder.h"
#include "app/generate/batch_indices.h"
#include "app/generate/batch_writer.h"
#include "app/generate/run.h"
#include "app/glue/exit_codes.h"
#include "app/glue/interrupt.h"
#include "app/glue/progress.h"
#include "app/glue/stages.h"
#include "engine/emotion/names.h"
#include "engine/generate/session.h"
#include "io/audio/write_audio.h"
#include "io/files/directories.h"

namespace app {
namespace {

using Json = nlohmann::ordered_json;

/// Gathers each piece's notes, hands finished pieces to the writer, and feeds the session the next index.
class BatchSink final : public engine::NoteSink {
 public:
  BatchSink(const Job& job, Indices& indices, engine::Session& session, std::shared_ptr<const engine::Primed> primer,
            BatchWriter& writer, Progress& progress)
      : job_(job),
        indices_(indices),
        session_(session),
        primer_(std::move(primer)),
        writer_(writer),
        progress_(progress) {}

  /// Queues the next piece, if there is one.
  void feed() {
    const auto index = indices_.next();
    if (!index) return;
    session_.add({.key = {job_.seed, *index},
                  .notes = job_.notes,
                  .expression = job_.expression,
                  .changes = {},
                  .primer = primer_});
  }

  void notes(const engine::PieceRequest& piece, int first, std::span<const engine::Note> added,
             std::span<const engine::NoteTrace>) override {
    std::vector<engine::Note>& notes = pieces_[piece.key.index];
    if (first == 0) notes.reserve(static_cast<std::size_t>(job_.notes));
    notes.insert(notes.end(), added.begin(), added.end());
    composed_ += added.size();
  }

  void finished(const engine::PieceRequest& piece) override {
    auto node = pieces_.extract(piece.key.index);
    writer_.push(piece.key.index, std::move(node.mapped()));
    feed();
    progress_.update(writer_.written() + writer_.failed());
  }

  std::uint64_t composed() const { return composed_; }

 private:
  const Job& job_;
  Indices& indices_;
  engine::Session& session_;
  std::shared_ptr<const engine::Primed> primer_;
  BatchWriter& writer_;
  Progress& progress_;
  std::unordered_map<std::uint64_t, std::vector<engine::Note>> pieces_;
  std::uint64_t composed_ = 0;
};

[[noreturn]] void refuse(const std::string& option, const std::string& why, const std::string& hint) {
  throw UsageError({"usage", option, why, hint});
}

std::string extension_of(const std::string& option, std::string value, bool known) {
  if (!value.empty() && value.front() == '.') value.erase(0, 1);
  if (!value.empty() && !known) {
    refuse(option, "with --count it names an extension, got '" + value + "'",
           option == "--audio" ? "--audio flac, wav or ogg" : "--piano-roll svg");
  }
  return value;
}

void check_options(const GenerateOptions& o) {
  if (!o.from.empty()) refuse("--from", "a recipe makes one piece", "leave out --count and --resume");
  if (!o.trace.empty())
    refuse("--trace", "it follows one piece", "--first K without --count traces piece K of a batch");
  if (o.resume && o.output.empty()) refuse("--resume", "it needs the batch's folder", "-o DIR");
  if (!is_archive(o.output)) return;
  if (o.resume) refuse("--resume", "an archive is whole or not there", "start it anew, or name a folder with -o");
  if (!o.audio.empty()) refuse("--audio", "an archive holds MIDI files and piano rolls", "name a folder with -o");
}

BatchFiles batch_files(const GenerateOptions& o, const std::filesystem::path& folder) {
  BatchFiles files;
  files.folder = folder;
  files.audio = extension_of("--audio", o.audio, io::audio_extension_supported(o.audio));
  files.piano_roll = extension_of("--piano-roll", o.piano_roll, o.piano_roll == "svg" || o.piano_roll == ".svg");
  files.soundfont = o.soundfont;
  files.replace = o.resume || o.force;
  return files;
}

/// Takes what a resumed command left out from the run file.
GenerateOptions with_resumed(GenerateOptions o, const Shard& shard) {
  if (!o.resume) return o;
  const BatchFolder folder(o.output, shard);
  if (!folder.has_run()) {
    throw io::FormatError(
        {"resume batch", folder.run_file().string(), "there is no such file", "start the batch without --resume"});
  }
  const Json run = folder.read_run();
  if (!o.seed) o.seed = run["seed"].get<std::uint64_t>();
  if (!o.first && run.contains("first")) o.first = run["first"].get<std::uint64_t>();
  if (!o.count && run.contains("count")) o.count = run["count"].get<std::uint64_t>();
  return o;
}

Json describe(const Job& job, std::uint64_t first, std::uint64_t count, const Shard& shard) {
  Json json = {{"program", std::string("affetto ") + AFFETTO_VERSION},
               {"emotion", engine::name_of(job.expression.emotion)},
               {"seed", job.seed},
               {"first", first},
               {"count", count},
               {"shard", {{"part", shard.part}, {"of", shard.of}}},
               {"notes", job.notes},
               {"model", job.model.file.filename().string()},
               {"job", RecipeWriter(job).job_text()}};
  if (job.face) json["face"] = face_json(*job.face);
  return json;
}

void check_same_batch(const BatchFolder& folder, const Json& description) {
  const Json run = folder.read_run();
  for (const char* key : {"job", "first", "count", "shard"}) {
    if (run.value(key, Json()) != description[key]) {
      refuse("--resume", folder.run_file().string() + " is of another batch: its " + key + " differs",
             "give the options that the batch was started with");
    }
  }
}

struct Outcome {
  bool finished = false;
  std::uint64_t already = 0, written = 0, failed = 0, notes = 0;
  std::string first_problem;
  double elapsed_s = 0;
};

std::string status_of(const Outcome& outcome) {
  return !outcome.finished ? "interrupted" : outcome.failed ? "partly failed" : "finished";
}

Outcome compose(const Job& job, Indices indices, const BatchFiles& files, Stages& stages, bool quiet) {
  Outcome outcome;
  const std::uint64_t todo = indices.remaining();
  const auto begin = std::chrono::steady_clock::now();
  // Rendering is the slow part where it is asked for, and each piece of it is independent; plain writing needs one.
  const unsigned cores =
      job.threads > 0 ? static_cast<unsigned>(job.threads) : std::max(1u, std::thread::hardware_concurrency());
  BatchWriter writer(job, files, files.audio.empty() ? 1 : static_cast<int>(cores));
  Progress progress("generate", todo, "pieces", quiet);
  if (todo > 0) {
    const auto decoder = stages.time("load", [&] { return make_decoder(job, todo); });
    engine::Session session(*decoder, block_for(job.computing));
    const auto compose_begin = std::chrono::steady_clock::now();
    BatchSink sink(job, indices, session, decoder->prime(job.primer), writer, progress);
    for (int i = 0; i < decoder->slots(); ++i) sink.feed();
    outcome.finished = session.run(sink, interrupt_token());
    outcome.notes = sink.composed();
    stages.add("compose", std::chrono::duration<double>(std::chrono::steady_clock::now() - compose_begin).count() -
                              writer.blocked_s());
  } else {
    outcome.finished = true;
  }
  writer.finish();
  progress.update(writer.written() + writer.failed());
  progress.finish();
  outcome.written = writer.written();
  outcome.failed = writer.failed();
  outcome.first_problem = writer.first_problem();
  stages.add("write", writer.write_s());
  stages.add("render", writer.render_s());
  outcome.elapsed_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return outcome;
}

void complete(Json& run, const Outcome& outcome, const Stages& stages) {
  const double compose_s = stages["compose"];
  run["status"] = status_of(outcome);
  run["pieces_written"] = outcome.written + outcome.already;
  run["pieces_failed"] = outcome.failed;
  run["seconds"] = {{"load", stages["load"]},
                    {"compose", compose_s},
                    {"render", stages["render"]},
                    {"write", stages["write"]},
                    {"total", outcome.elapsed_s}};
  run["notes_per_second"] = compose_s > 0 ? static_cast<double>(outcome.notes) / compose_s : 0;
  run["pieces_per_second"] = outcome.elapsed_s > 0 ? static_cast<double>(outcome.written) / outcome.elapsed_s : 0;
}

int conclude(const GenerateOptions& o, const std::filesystem::path& where, const Json& run, const Outcome& outcome) {
  if (o.json) {
    std::printf("%s\n", run.dump(1).c_str());
  } else if (!o.quiet) {
    std::printf("%s: %llu pieces%s, seed %s, %s (%s pieces/s)\n", where.string().c_str(),
                static_cast<unsigned long long>(outcome.written),
                outcome.already ? (" besides " + std::to_string(outcome.already) + " already there").c_str() : "",
                run["seed"].dump().c_str(), human_seconds(outcome.elapsed_s).c_str(),
                human_count(run["pieces_per_second"].get<double>()).c_str());
  }
  if (!outcome.finished) {
    if (is_archive(where)) {
      throw Interrupted({"generate", where.string(),
                         "interrupted; an archive is whole or not there: nothing was written",
                         "start it again; a batch in a folder (-o DIR) can be resumed"});
    }
    throw Interrupted({"generate", where.string(), "interrupted; the pieces that are there are whole",
                       "the same command with --resume finishes the rest"});
  }
  if (outcome.failed == 0) return kDone;
  std::fputs(format_problem({"generate", where.string(),
                             std::to_string(outcome.failed) + " pieces failed, the first: " + outcome.first_problem,
                             is_archive(where) ? "mend the cause, then the same command with --force"
                                               : "mend the cause, then the same command with --resume"})
                 .c_str(),
             stderr);
  return outcome.written + outcome.already > 0 ? kPartly : kNotWritten;
}

/// One file, or none.
int make_archive(const GenerateOptions& o, const Job& job, const Indices& indices, const std::filesystem::path& path,
                 Json run, Stages& stages) {
  if (path.has_parent_path()) io::ensure_directory(path.parent_path());
  BatchArchive archive(path, o.force ? io::Existing::replace : io::Existing::refuse, indices);
  BatchFiles files = batch_files(o, path.parent_path());
  files.archive = &archive;
  const Outcome outcome = compose(job, indices, files, stages, o.json || o.quiet);
  complete(run, outcome, stages);
  if (outcome.finished) stages.time("write", [&] { archive.finish(run); });
  return conclude(o, path, run, outcome);
}

int fill_folder(const GenerateOptions& o, const Job& job, Indices indices, const BatchFolder& folder, Json run,
                Stages& stages) {
  BatchFiles files = batch_files(o, folder.path());
  io::ensure_directory(folder.path());
  if (o.resume) {
    check_same_batch(folder, run);
  } else if (folder.has_run() && !o.force) {
    throw io::WriteError({"generate", folder.path().string(), "a batch is there already",
                          "finish it with --resume, replace it with --force, or name another folder"});
  }
  const auto done = o.resume ? folder.finished_items() : std::unordered_set<std::uint64_t>{};
  indices.skip(done);
  io::LineLog items =
      o.resume ? io::LineLog::resume(folder.items_file())
               : io::LineLog::create(folder.items_file(), o.force ? io::Existing::replace : io::Existing::refuse);
  files.items = &items;
  run["status"] = "running";
  folder.write_run(run);
  Outcome outcome = compose(job, std::move(indices), files, stages, o.json || o.quiet);
  outcome.already = done.size();
  items.sync();
  if (outcome.finished) folder.sort_items();
  complete(run, outcome, stages);
  folder.write_run(run);
  return conclude(o, folder.path(), run, outcome);
}

}  // namespace

int run_batch(const GenerateOptions& given) {
  Stages stages;
  check_options(given);
  const Shard shard = resolve_shard(given.shard);
  const GenerateOptions o = with_resumed(given, shard);
  const Job job = stages.time("load", [&] { return resolve_job(o); });
  const std::uint64_t first = o.first.value_or(0), count = o.count.value_or(1);
  if (first + count < first) refuse("--first", "first + count passes 2^64", "begin lower");

  const std::string name = o.output.empty()
                               ? "affetto_" + engine::name_of(job.expression.emotion) + "_s" + std::to_string(job.seed)
                               : o.output;
  const Indices indices(first, count, shard, {});
  return is_archive(name)
             ? make_archive(o, job, indices, archive_path(name, shard), describe(job, first, count, shard), stages)
             : fill_folder(o, job, indices, BatchFolder(name, shard), describe(job, first, count, shard), stages);
}

}  // namespace app
