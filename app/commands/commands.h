// The verbs. Each adds its options to the command line and sets `run` when it was the one asked for.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace app {

/// What the parsed command line asks for; returns the exit code.
using Run = std::function<int()>;

void add_generate(CLI::App& app, Run& run);
void add_evaluate(CLI::App& app, Run& run);
void add_train(CLI::App& app, Run& run);
void add_cluster(CLI::App& app, Run& run);
void add_render(CLI::App& app, Run& run);
void add_inspect(CLI::App& app, Run& run);
void add_package(CLI::App& app, Run& run);
void add_face(CLI::App& app, Run& run);
void add_doctor(CLI::App& app, Run& run);

}  // namespace app
