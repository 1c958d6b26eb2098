#include "engine/data/error.h"
#include "io/audio/encode.h"

namespace io {

std::vector<std::uint8_t> encode_audio(const engine::Audio&, AudioFormat, const std::filesystem::path& path) {
  throw engine::Error({.what = "write audio",
                       .where = path.string(),
                       .why = "this build has no libsndfile",
                       .hint = "apt-get install libsndfile1-dev and build again"});
}

}  // namespace io
