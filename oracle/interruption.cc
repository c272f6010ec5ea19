#include "oracle/interruption.h"

#include <unistd.h>

#include <cstdlib>

namespace ovlspec::oracle {

Interruption::Interruption() {
  ::sigemptyset(&signals_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&signals_, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  thread_ = std::thread([this] { listen(); });
}

Interruption::~Interruption() {
  done_ = true;
  thread_.join();
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Interruption::listen() {
  while (!done_) {
    const timespec pause{.tv_sec = 0, .tv_nsec = 50'000'000};
    const int signal = ::sigtimedwait(&signals_, nullptr, &pause);
    if (signal < 0) continue;
    // Whoever insists does not want to wait: what this process mounted and started goes with it.
    if (came_.exchange(true)) std::_Exit(128 + signal);
  }
}

}  // namespace ovlspec::oracle
