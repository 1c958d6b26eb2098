// Who waits where.
#include <map>
#include <string>
#include <tuple>

#include "kernels/emulator/machine.h"

namespace kernels::emulator {

std::string describe_waiting(const std::vector<std::unique_ptr<Cluster>>& clusters) {
  using Place = std::tuple<std::string, std::string, unsigned>;
  struct Group {
    unsigned threads = 0;
    const Thread* first = nullptr;
  };
  std::map<Place, Group> groups;
  unsigned exited = 0;
  for (const auto& cluster : clusters) {
    if (!cluster->resident) continue;
    for (const Block& block : cluster->blocks) {
      for (const Thread& thread : block.threads) {
        if (thread.state == State::kExited) {
          ++exited;
          continue;
        }
        Group& group = groups[{thread.doing, thread.site.file_name(), thread.site.line()}];
        if (group.threads++ == 0) group.first = &thread;
      }
    }
  }
  std::string text = "nobody can go on: ";
  for (const auto& [place, group] : groups) {
    const auto& [doing, file, line] = place;
    text += std::to_string(group.threads) + " threads in " + doing + " at " + file + ":" + std::to_string(line) +
            " (first: " + ThreadName(*group.first).text + "), ";
  }
  return text + std::to_string(exited) + " exited";
}

}  // namespace kernels::emulator
