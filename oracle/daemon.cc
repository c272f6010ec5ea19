#include "oracle/daemon.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "oracle/overlay_mount.h"

namespace ovlspec::oracle {
namespace {

using namespace std::chrono_literals;

// Between fork and exec: only what may follow a fork of a process with threads.
[[noreturn]] void become(char* const* arguments, int error_output, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nothing = ::open("/dev/null", O_RDWR);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(nothing, STDOUT_FILENO);
  ::dup2(error_output, STDERR_FILENO);
  ::execv(arguments[0], arguments);
  ::_exit(127);
}

}  // namespace

Attempt<Done> Daemon::start(const std::vector<std::string>& arguments) {
  error_output_.reset(::memfd_create("stderr", MFD_CLOEXEC));
  if (!error_output_.open()) return {.value = std::nullopt, .failure = system_failure("cannot keep a daemon's words")};
  std::vector<char*> words;
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return {.value = std::nullopt, .failure = system_failure("cannot start " + arguments[0])};
  if (child == 0) become(words.data(), error_output_.get(), parent);
  const std::lock_guard lock(mutex_);
  pid_ = child;
  status_ = 0;
  return {.value = Done{}, .failure = {}};
}

void Daemon::reap(int options) {
  const std::lock_guard lock(mutex_);
  if (pid_ == 0) return;
  int status = 0;
  if (::waitpid(pid_, &status, options) != pid_) return;
  pid_ = 0;
  status_ = status;
}

bool Daemon::running() {
  reap(WNOHANG);
  const std::lock_guard lock(mutex_);
  return pid_ != 0;
}

void Daemon::strike() {
  const std::lock_guard lock(mutex_);
  if (pid_ != 0) ::kill(pid_, SIGKILL);
}

void Daemon::kill() {
  strike();
  reap(0);
}

Attempt<Done> Daemon::join(std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (auto pause = 50us; running(); pause = std::min<std::chrono::microseconds>(pause * 2, 5ms)) {
    if (std::chrono::steady_clock::now() > deadline) {
      kill();
      return {.value = std::nullopt, .failure = {Errno::kETIMEDOUT, "the daemon did not end after its unmount"}};
    }
    std::this_thread::sleep_for(pause);
  }
  if (WIFEXITED(status_) && WEXITSTATUS(status_) == 0) return {.value = Done{}, .failure = {}};
  std::string what = WIFSIGNALED(status_) ? "the daemon was killed by signal " + std::to_string(WTERMSIG(status_))
                                          : "the daemon ended with status " + std::to_string(WEXITSTATUS(status_));
  if (const std::string words = last_words(); !words.empty()) what += ": " + words;
  return {.value = std::nullopt, .failure = {Errno::kEIO, std::move(what)}};
}

std::string Daemon::last_words() const {
  constexpr off_t kTail = 4096;
  const off_t end = ::lseek(error_output_.get(), 0, SEEK_END);
  const off_t begin = end > kTail ? end - kTail : 0;
  std::string text(static_cast<std::size_t>(end > 0 ? end - begin : 0), '\0');
  const ssize_t size = ::pread(error_output_.get(), text.data(), text.size(), begin);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const auto line = text.rfind('\n');
  return line == std::string::npos ? text : text.substr(line + 1);
}

Watchdog::Watchdog(Daemon& daemon, std::chrono::milliseconds limit)
    : daemon_(daemon), limit_(limit), thread_([this] { watch(); }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopped_.notify_all();
  thread_.join();
}

void Watchdog::watch() {
  std::unique_lock lock(mutex_);
  std::uint64_t turn = 0;
  auto since = std::chrono::steady_clock::now();
  while (!stopped_.wait_for(lock, limit_ / 8, [this] { return stop_; })) {
    const auto now = std::chrono::steady_clock::now();
    const std::uint64_t seen = turns_.load();
    if (seen != turn || seen % 2 == 0) {
      turn = seen;
      since = now;
    } else if (now - since > limit_) {
      daemon_.strike();
      struck_ = true;
      since = now;
    }
  }
}

}  // namespace ovlspec::oracle
