// Sound as plain numbers.
#pragma once

#include <vector>

namespace engine {

struct Audio {
  int sample_rate = 44100;  ///< frames per second
  int channels = 2;
  std::vector<float> samples;  ///< [frames, channels] interleaved, full scale is [-1, 1]
};

}  // namespace engine
