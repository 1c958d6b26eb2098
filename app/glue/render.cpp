#include "app/glue/render.h"

#include <fluidsynth.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <mutex>
#include <set>
#include <string_view>
#include <utility>

#include "app/glue/render_events.h"
#include "app/glue/resources.h"
#include "io/errors.h"

namespace app {
namespace {

namespace fs = std::filesystem;

// At gain 1 the loudest of 19 MAESTRO and 17 EMOPIA pieces peak at -3 and -4 dB with TimGM6mb, the softest at -20 dB.
// The library's own 0.2 leaves a solo piano at -45 dB RMS; dense bands reach +11 dB at 1 and are scaled down.
constexpr double kGain = 1.0;
constexpr float kHighestPeak = 0.891f;  // -1 dB: room for what a lossy encoder adds
constexpr int kPolyphony = 1024;        // voices; the library's 256 cut off notes of dense orchestral scores
constexpr double kLongestTail = 10;     // seconds
constexpr float kSilence = 1e-4f;       // -80 dB: quieter than the noise of a 16-bit file at normal listening level
constexpr int kDrumBank = 128;
constexpr std::int64_t kBlock = 4096;  // frames of a piece of tail

struct Delete {
  void operator()(fluid_settings_t* settings) const { delete_fluid_settings(settings); }
  void operator()(fluid_synth_t* synth) const { delete_fluid_synth(synth); }
};

/// The library prints to standard error by itself, for the whole process; what matters of it we check and say.
void silence_log() {
  static std::once_flag once;
  std::call_once(once, [] {
    for (int level = FLUID_PANIC; level < LAST_LOG_LEVEL; ++level) fluid_set_log_function(level, nullptr, nullptr);
  });
}

[[noreturn]] void refuse(const fs::path& soundfont, const std::string& why) {
  throw io::FormatError({"open SoundFont", soundfont.string(), why, kSoundfontHint});
}

/// Refuses what the library would try as other formats, with complaints of their libraries on standard error.
void check_header(const fs::path& soundfont) {
  std::error_code error;
  if (!fs::exists(soundfont, error)) refuse(soundfont, "it does not exist");
  if (!fs::is_regular_file(soundfont, error)) refuse(soundfont, "it is not a file");
  std::array<char, 12> head{};
  std::ifstream(soundfont, std::ios::binary).read(head.data(), head.size());
  const std::string_view text(head.data(), head.size());
  if (!text.starts_with("RIFF") || text.substr(8) != "sfbk") refuse(soundfont, "it is not a SoundFont (RIFF sfbk)");
  std::uint64_t size = 0;
  for (std::size_t i = 8; i-- > 4;) size = size << 8 | static_cast<unsigned char>(head[i]);
  const std::uint64_t there = fs::file_size(soundfont, error);
  if (error || size + 8 > there) {
    refuse(soundfont,
           "it is cut off: it claims " + std::to_string(size + 8) + " bytes and has " + std::to_string(there));
  }
}

}  // namespace

struct Renderer::Synth {
  std::unique_ptr<fluid_settings_t, Delete> settings;
  std::unique_ptr<fluid_synth_t, Delete> synth;
  fluid_sfont_t* font = nullptr;  ///< owned by synth
  std::string font_name;
  std::vector<std::string> warnings;

  explicit Synth(const fs::path& soundfont) : settings(new_fluid_settings()), font_name(soundfont.filename().string()) {
    fluid_settings_setnum(settings.get(), "synth.sample-rate", kRenderRate);
    fluid_settings_setnum(settings.get(), "synth.gain", kGain);
    fluid_settings_setint(settings.get(), "synth.polyphony", kPolyphony);
    fluid_settings_setint(settings.get(), "synth.midi-channels", kRenderChannels);
    fluid_settings_setint(settings.get(), "synth.threadsafe-api", 0);
    synth = make();
    const int id = fluid_synth_sfload(synth.get(), soundfont.c_str(), 1);
    if (id == FLUID_FAILED) refuse(soundfont, "it is not a SoundFont that FluidSynth can read");
    font = fluid_synth_get_sfont_by_id(synth.get(), id);
    fluid_sfont_iteration_start(font);
    if (!fluid_sfont_iteration_next(font)) refuse(soundfont, "it holds no instrument");
  }

  std::unique_ptr<fluid_synth_t, Delete> make() const {
    std::unique_ptr<fluid_synth_t, Delete> made(new_fluid_synth(settings.get()));
    if (!made) throw std::bad_alloc();
    return made;
  }

  /// Hands the font to a fresh synthesiser: a reset leaves the effects and the place within a block as they were.
  void start() {
    warnings.clear();
    auto fresh = make();
    fluid_synth_remove_sfont(synth.get(), font);
    fluid_synth_add_sfont(fresh.get(), font);
    synth = std::move(fresh);
  }

  /// Tells channels their programs; those that the SoundFont lacks are replaced by the library, and told here.
  void choose(const std::vector<RenderEvent>& events) {
    std::set<std::pair<int, int>> used;  // channel, program
    for (const RenderEvent& e : events) used.emplace(e.channel, e.program);
    for (const auto& [channel, program] : used) {
      const bool drums = channel == kDrumChannel;
      fluid_synth_program_change(synth.get(), channel, program);
      if (fluid_sfont_get_preset(font, drums ? kDrumBank : 0, program)) continue;
      warnings.push_back(font_name + " has no " + (drums ? "drum kit " : "instrument ") + std::to_string(program) +
                         ": the synthesiser puts another in its place");
    }
  }

  void apply(const RenderEvent& e) {
    if (!e.on) {
      fluid_synth_noteoff(synth.get(), e.channel, e.pitch);
      return;
    }
    if (e.channel == kDrumChannel) fluid_synth_program_change(synth.get(), e.channel, e.program);
    fluid_synth_noteon(synth.get(), e.channel, e.pitch, e.velocity);
  }

  /// Appends this many frames of sound; returns their peak.
  float sound(std::int64_t frames, std::vector<float>& samples) {
    const std::size_t begin = samples.size();
    samples.resize(begin + 2 * static_cast<std::size_t>(frames));
    float* out = samples.data() + begin;
    if (fluid_synth_write_float(synth.get(), static_cast<int>(frames), out, 0, 2, out, 1, 2) != FLUID_OK) {
      throw engine::Error({"render", font_name, "the synthesiser failed", "try another SoundFont with --soundfont"});
    }
    float peak = 0;
    for (std::size_t i = begin; i < samples.size(); ++i) peak = std::max(peak, std::abs(samples[i]));
    return peak;
  }

  void let_ring(std::vector<float>& samples) {
    const auto most = static_cast<std::int64_t>(kLongestTail * kRenderRate);
    for (std::int64_t done = 0; done < most; done += kBlock) {
      const float peak = sound(std::min(kBlock, most - done), samples);
      if (peak < kSilence && fluid_synth_get_active_voice_count(synth.get()) == 0) break;
    }
  }

  void soften_if_too_loud(std::vector<float>& samples) const {
    float peak = 0;
    for (const float s : samples) peak = std::max(peak, std::abs(s));
    if (peak <= kHighestPeak) return;
    for (float& s : samples) s *= kHighestPeak / peak;
  }
};

bool can_render() { return true; }
std::string synthesiser_version() { return fluid_version_str(); }

Renderer::Renderer(const fs::path& soundfont) {
  silence_log();
  check_header(soundfont);
  synth_ = std::make_unique<Synth>(soundfont);
}
Renderer::~Renderer() = default;
Renderer::Renderer(Renderer&&) noexcept = default;
Renderer& Renderer::operator=(Renderer&&) noexcept = default;

engine::Audio Renderer::render(const engine::Score& score, const std::function<void(double)>& on_progress) {
  const std::vector<RenderEvent> events = render_events(score);
  synth_->start();
  synth_->choose(events);
  engine::Audio audio{.sample_rate = kRenderRate, .channels = 2, .samples = {}};
  const std::int64_t length = events.empty() ? 0 : events.back().frame;
  audio.samples.reserve(2 * static_cast<std::size_t>(length + 2 * kRenderRate));
  std::int64_t now = 0;
  const auto advance_to = [&](std::int64_t frame) {
    while (now < frame) {
      const std::int64_t second = (now / kRenderRate + 1) * kRenderRate;
      const std::int64_t next = std::min(frame, second);
      synth_->sound(next - now, audio.samples);
      now = next;
      if (on_progress && now == second) on_progress(static_cast<double>(now) / kRenderRate);
    }
  };
  for (const RenderEvent& event : events) {
    advance_to(event.frame);
    synth_->apply(event);
  }
  synth_->let_ring(audio.samples);
  synth_->soften_if_too_loud(audio.samples);
  return audio;
}

const std::vector<std::string>& Renderer::warnings() const { return synth_->warnings; }

engine::Audio render_score(const engine::Score& score, const fs::path& soundfont) {
  return Renderer(soundfont).render(score);
}

}  // namespace app
