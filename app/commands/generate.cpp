#include <CLI/CLI.hpp>
#include <memory>

#include "app/commands/commands.h"
#include "app/generate/batch_archive.h"
#include "app/generate/run.h"
#include "app/glue/exit_codes.h"

namespace app {
namespace {

void add_what(CLI::App& c, GenerateOptions& o) {
  c.add_option("--primer", o.primer, "MIDI file to continue, or none (default: the primer that ships)");
  c.add_flag("--with-primer", o.with_primer, "put the primer's notes before the new ones in the output");
  c.add_option("--track", o.track, "take the primer from this track only (affetto inspect lists them)");
  c.add_flag("--strict-midi", o.strict_midi, "refuse a primer with any oddity");
  c.add_option("--emotion", o.emotion, "happy, angry, sad, calm, Q1 to Q4, or valence,arousal in [-1, 1]");
  c.add_option("--face", o.face, "read the emotion from the face in a picture");
  c.add_flag("--cropped", o.cropped, "that picture is a face already: do not look for one");
  c.add_option("--face-model", o.face_model, "network that reads it (default: the one that ships)");
  c.add_option("--face-box", o.face_box, "X,Y,W,H: where the face is in it, in pixels");
  c.add_option("--model", o.model, "weights (.safetensors; default: the seed model that ships)");
  c.add_option("--notes", o.notes, "new notes to write")->capture_default_str();
  c.add_option("--count", o.count, "pieces to write, into the folder -o");
  c.add_option("--first", o.first, "index of the first piece (default 0)");
  c.add_option("--shard", o.shard, "I/N: do part I of N of the batch (default: from Slurm or MPI, else all)");
  c.add_flag("--resume", o.resume, "finish a batch that was cut off");
  c.add_option("--from", o.from, "make the file again from the recipe inside it");
  c.add_option("--seed", o.seed, "number that all chance comes from (default: drawn, printed and stored)");
}

void add_how(CLI::App& c, GenerateOptions& o) {
  add_sampling_options(c, o.sampling);
  c.add_option("--clusters", o.clusters, "happy and sad centres (JSON; default: the model's)");
  c.add_option("--instrument", o.instrument, "General MIDI name or program 0 to 127 (default: the primer's)");
  c.add_option("--state", o.state, "window or carry: how much of the past counts (default: the model's)");
  c.add_option("--device", o.computing.device, "auto, cpu or cuda (reference: the slow definition)")
      ->capture_default_str();
  c.add_option("--precision", o.computing.precision, "auto, fp32, fp16, bf16 or tf32")->capture_default_str();
  c.add_option(
      "--fusion", o.computing.fusion,
      "rung of the kernel ladder (--device cuda): unfused, pointwise, cell, window, note or loop; in fp16 and bf16 "
      "loop, overlap, staggered or cluster");
  c.add_option("--isa", o.isa, "force an instruction set: baseline, avx2 or avx512");
  c.add_option("--threads", o.threads, "threads to compute with (default: all cores)");
}

void add_outputs(CLI::App& c, GenerateOptions& o) {
  c.add_option("-o,--output", o.output, "MIDI file, or with --count the folder or the .zip");
  c.add_option("--audio", o.audio, "sound file (.wav, .flac, .ogg); with --count the extension");
  c.add_option("--piano-roll", o.piano_roll, "picture (.svg); with --count the extension");
  c.add_option("--trace", o.trace, "one JSON line per note: candidates, scores, draw (single piece)");
  c.add_option("--soundfont", o.soundfont, "SoundFont that renders (default: the system's)");
  c.add_flag("--force", o.force, "replace files that exist");
  c.add_flag("--json", o.json, "print one JSON document");
  c.add_flag("-q,--quiet", o.quiet, "print nothing but errors");
}

}  // namespace

void add_generate(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("generate", "Write new music from a primer and an emotion");
  auto options = std::make_shared<GenerateOptions>();
  add_what(*command, *options);
  add_how(*command, *options);
  add_outputs(*command, *options);
  command->footer(
      "Examples:\n"
      "  affetto generate --emotion happy --seed 7 -o happy.mid --audio happy.flac\n"
      "  affetto generate --primer tune.mid --with-primer --emotion sad -o sad.mid\n"
      "  affetto generate --face me.jpg -o mine.mid\n"
      "  affetto generate --count 1000 --emotion calm -o pieces/");
  command->callback([options, &run] {
    run = [options] {
      const bool batch = options->count || options->resume || is_archive(options->output);
      return batch ? run_batch(*options) : run_single(*options);
    };
  });
}

}  // namespace app
