#include "app/glue/interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <thread>

#include "app/glue/exit_codes.h"

namespace app {
namespace {

std::stop_source& source() {
  static std::stop_source stop;
  return stop;
}

sigset_t interrupts() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

void watch() {
  const sigset_t set = interrupts();
  int signal = 0;
  sigwait(&set, &signal);
  source().request_stop();
  sigwait(&set, &signal);
  _exit(kInterrupted);
}

}  // namespace

void watch_signals() {
  source();
  const sigset_t set = interrupts();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);  // inherited by every thread to come
  ::signal(SIGPIPE, SIG_IGN);                 // a closed pipe is a write error, not a death
  ::signal(SIGXFSZ, SIG_IGN);                 // so is a file size limit
  std::thread(watch).detach();
}

std::stop_token interrupt_token() { return source().get_token(); }

}  // namespace app
