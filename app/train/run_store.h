// NAME.run/ beside NAME.safetensors: checkpoints, metrics.jsonl, curves; whatever it is that is trained.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/data/tensor_table.h"
#include "io/files/line_log.h"

namespace app {

class RunStore {
 public:
  using Json = nlohmann::ordered_json;

  /// Makes the folder. @param output  NAME.safetensors
  /// @throws io::WriteError if a run is there and neither `resume` nor `force` was said
  RunStore(const std::string& output, bool resume, bool force);

  /// Begins metrics.jsonl anew.
  void start(bool force);
  /// Goes on with it: what was measured after the iteration will be measured again.
  void resume(std::int64_t iteration);

  const std::filesystem::path& path() const { return folder_; }
  std::filesystem::path checkpoint() const { return folder_ / "checkpoint.safetensors"; }
  void append(const Json& line) { metrics_->append(line.dump()); }
  /// The lines so far, those of before a resumption included.
  std::vector<Json> metrics() const;
  void keep_best(const engine::TensorTable& table);
  void keep_checkpoint(const engine::TensorTable& table);

 private:
  std::filesystem::path folder_;
  std::optional<io::LineLog> metrics_;
};

}  // namespace app
