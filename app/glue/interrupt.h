// Ctrl-C: the first asks to stop, the second ends at once.
#pragma once

#include <stop_token>

namespace app {

/// Call once, first thing in main, before any thread starts: SIGINT and SIGTERM then go to a watcher thread.
void watch_signals();
/// Stops when SIGINT or SIGTERM came.
std::stop_token interrupt_token();

}  // namespace app
