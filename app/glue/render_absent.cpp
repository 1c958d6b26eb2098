// Stands in for render.cpp where libfluidsynth is absent.
#include "app/glue/render.h"
#include "engine/data/error.h"

namespace app {

struct Renderer::Synth {
  std::vector<std::string> warnings;
};

bool can_render() { return false; }
std::string synthesiser_version() { return ""; }

Renderer::Renderer(const std::filesystem::path&) {
  throw engine::Error({"render", "", "this build has no synthesiser: FluidSynth was absent when it was configured",
                       "apt-get install libfluidsynth-dev timgm6mb-soundfont and build again"});
}
Renderer::~Renderer() = default;
Renderer::Renderer(Renderer&&) noexcept = default;
Renderer& Renderer::operator=(Renderer&&) noexcept = default;
engine::Audio Renderer::render(const engine::Score&, const std::function<void(double)>&) { return {}; }
const std::vector<std::string>& Renderer::warnings() const { return synth_->warnings; }

engine::Audio render_score(const engine::Score& score, const std::filesystem::path& soundfont) {
  return Renderer(soundfont).render(score);
}

}  // namespace app
