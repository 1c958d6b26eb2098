#include "app/glue/render.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "app/commands/commands.h"
#include "app/glue/exit_codes.h"
#include "app/glue/inputs.h"
#include "app/glue/interrupt.h"
#include "app/glue/outputs.h"
#include "app/glue/progress.h"
#include "app/glue/resources.h"
#include "io/audio/write_audio.h"

namespace app {
namespace {

struct RenderOptions {
  std::string midi, output, soundfont;
  bool force = false, strict_midi = false, quiet = false;
};

std::filesystem::path chosen_soundfont(const RenderOptions& o) {
  if (!o.soundfont.empty()) return o.soundfont;
  if (const auto found = find_soundfont()) return *found;
  throw io::FormatError({"render", "SoundFont", "none was found on this machine", kSoundfontHint});
}

void check_output(const RenderOptions& o) {
  const std::string extension = std::filesystem::path(o.output).extension().string();
  if (!io::audio_extension_supported(extension)) {
    throw UsageError({"usage", "-o " + o.output,
                      extension.empty() ? "it has no extension" : extension + " is no sound format we write",
                      "end the name in one of: " + io::audio_extensions()});
  }
  check_free(o.output, o.force);
}

engine::Audio render_with_progress(Renderer& renderer, const engine::Score& score, bool quiet) {
  Progress progress("render", static_cast<std::uint64_t>(score.length_s), "s of sound", quiet);
  return renderer.render(score, [&](double seconds) {
    if (interrupt_token().stop_requested()) throw Interrupted({"render", "", "interrupted; nothing was written", ""});
    progress.update(static_cast<std::uint64_t>(seconds));
  });
}

int run_render(const RenderOptions& o) {
  check_output(o);
  const engine::Score score = open_score(o.midi, o.strict_midi);
  if (score.notes.empty() && score.drums.empty()) {
    throw io::FormatError({"render", o.midi, "it has no notes", "affetto inspect shows what the file holds"});
  }
  const std::filesystem::path soundfont = chosen_soundfont(o);
  Renderer renderer(soundfont);
  const engine::Audio audio = render_with_progress(renderer, score, o.quiet);
  for (const std::string& warning : renderer.warnings()) warn(warning);
  io::write_audio(o.output, audio, existing(o.force));
  if (o.quiet) return kDone;
  const Level level = level_of(audio);
  print_row("sound", o.output);
  print_row("soundfont", soundfont.string());
  print_row("length", fixed(level.seconds, 1) + " s");
  print_row("peak", fixed(decibels(level.peak), 1) + " dB");
  print_row("rms", fixed(decibels(level.rms), 1) + " dB");
  return kDone;
}

}  // namespace

void add_render(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("render", "Turn a MIDI file into sound");
  auto o = std::make_shared<RenderOptions>();
  command->add_option("midi", o->midi, "MIDI file")->required();
  command->add_option("-o,--output", o->output, "sound file (.wav, .flac, .ogg)")->required();
  command->add_option("--soundfont", o->soundfont, "SoundFont (.sf2, .sf3; default: the system's)");
  command->add_flag("--force", o->force, "replace a file that exists");
  command->add_flag("--strict-midi", o->strict_midi, "refuse a file with any oddity");
  command->add_flag("-q,--quiet", o->quiet, "print nothing but errors and warnings");
  command->footer("Example:\n  affetto render happy.mid -o happy.flac");
  command->callback([o, &run] { run = [o] { return run_render(*o); }; });
}

}  // namespace app
