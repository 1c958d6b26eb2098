// What went wrong, said once: the exception carries the content, the application formats it.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace engine {

/// The parts of an error line: `error: what: where: why` and `hint: ...`.
struct Problem {
  std::string what;   ///< the thing attempted: "read MIDI"
  std::string where;  ///< file, tensor or option it concerns, may be empty
  std::string why;    ///< found and expected, with values
  std::string hint;   ///< the next thing to do, may be empty
};

class Error : public std::runtime_error {
 public:
  explicit Error(Problem problem)
      : std::runtime_error(problem.what + ": " + (problem.where.empty() ? "" : problem.where + ": ") + problem.why),
        problem_(std::move(problem)) {}
  const Problem& problem() const noexcept { return problem_; }

 private:
  Problem problem_;
};

/// The model's fault: missing tensor, impossible shape, NaN, unreadable description. Exit code 4.
struct ModelError : Error {
  using Error::Error;
};

}  // namespace engine
