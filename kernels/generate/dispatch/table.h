// What bench/tune found for one model of GPU: for classes of networks the way for each number of pieces. Tables are
// committed in tables/, a header each, so that a program has them without looking for a file.
#pragma once

#include <span>
#include <string>

#include "kernels/generate/dispatch/way.h"
#include "kernels/generate/network.h"
#include "kernels/runtime/device.h"

namespace kernels {

/// Networks that are treated alike.
struct NetworkClass {
  Precision precision = Precision::fp32;
  int layers = 1, hidden = 128;  ///< of the largest layer
  int window = 0;                ///< notes; 0: the state is carried on
  friend bool operator==(const NetworkClass&, const NetworkClass&) = default;
};
NetworkClass class_of(const NetworkView& network, Precision precision);
/// "fp16, 1 x 128, window 25", "fp32, 3 x 512, carried state"
std::string text_of(const NetworkClass& network);

/// How much work apart: doublings of the weights, layers times units squared, plus those of the window. Infinite across
/// precisions and state modes, whose ways have nothing to do with one another.
double distance(const NetworkClass& a, const NetworkClass& b);

struct TunedWay {
  NetworkClass network;
  WayStep step;
  double us = 0;  ///< a note of step.most_pieces pieces (of all: of the largest number tried); 0: nobody measured
};

struct TunedTable {
  const char* gpu = "";  ///< as the driver calls it
  int multiprocessors = 0, capability = 0;
  bool measured = false;  ///< else by estimate (ways.h: estimated_steps)
  const char* driver = "";
  const char* commit = "";
  const char* date = "";
  int clock_mhz = 0;                    ///< of an SM, while it was measured; 0: the driver did not tell
  std::span<const TunedWay> ways = {};  ///< a class's steps in a row
};

/// All that are committed.
std::span<const TunedTable> tuned_tables();
/// That of this model: name, multiprocessors and capability agree. Null: there is none.
const TunedTable* table_of(const DeviceInfo& device, std::span<const TunedTable> tables = tuned_tables());
/// Whether one is in force, and what it stands on; for people.
std::string text_of(const TunedTable* table);

inline namespace AFFETTO_PLATFORM {
/// That of this machine's GPU. Cheap after the first call.
const TunedTable* table_in_force();
}  // namespace AFFETTO_PLATFORM

}  // namespace kernels
