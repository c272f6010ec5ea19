#include "oracle/daemon.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "oracle/overlay_mount.h"

namespace ovlspec::oracle {
namespace {

using namespace std::chrono_literals;

// Between fork and exec, and in a keeper: only what may follow a fork of a process with threads.

struct Run {
  char* const* arguments;
  Daemon::Streams streams;
  int error_output;
};

void take_streams(const Run& run) {
  const int nothing = ::open("/dev/null", O_RDWR);
  ::dup2(run.streams.input >= 0 ? run.streams.input : nothing, STDIN_FILENO);
  ::dup2(run.streams.output >= 0 ? run.streams.output : nothing, STDOUT_FILENO);
  ::dup2(run.error_output, STDERR_FILENO);
}

[[noreturn]] void become(const Run& run) {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execv(run.arguments[0], run.arguments);
  ::_exit(127);
}

[[noreturn]] void become_alone(const Run& run, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  ::setsid();
  take_streams(run);
  become(run);
}

// The keeper's own children: all that the program left to it.
void kill_children() {
  const int file = ::open("/proc/thread-self/children", O_RDONLY);
  if (file < 0) return;
  char text[4096];
  pid_t child = 0;
  for (ssize_t size; (size = ::read(file, text, sizeof text)) > 0;)
    for (ssize_t i = 0; i < size; ++i) {
      if (text[i] >= '0' && text[i] <= '9') {
        child = child * 10 + (text[i] - '0');
      } else {
        if (child > 0) ::kill(child, SIGKILL);
        child = 0;
      }
    }
  ::close(file);
}

// Stays between us and the program's family, until the last of it has ended or it is told to end it (SIGTERM). Ends as
// the program itself did, or by SIGKILL where it was told to.
[[noreturn]] void keep(const Run& run, pid_t parent) {
  sigset_t watched;
  ::sigemptyset(&watched);
  ::sigaddset(&watched, SIGTERM);
  ::sigaddset(&watched, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &watched, nullptr);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(127);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::setsid();
  take_streams(run);
  // What is open here must not hold up an unmount.
  ::syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
  const pid_t program = ::fork();
  if (program < 0) ::_exit(127);
  if (program == 0) become(run);
  // Its streams are the program's alone: their end must show.
  ::close(STDIN_FILENO);
  ::close(STDOUT_FILENO);
  int end = 0;
  for (bool told = false;;) {
    timespec pause{.tv_sec = 0, .tv_nsec = 20'000'000};
    const int signal = ::sigtimedwait(&watched, nullptr, &pause);
    told = told || signal == SIGTERM;
    if (told) kill_children();
    int status = 0;
    pid_t ended = 0;
    while ((ended = ::waitpid(-1, &status, WNOHANG)) > 0)
      if (ended == program) end = status;
    if (ended == 0 || errno != ECHILD) continue;
    if (told) ::kill(::getpid(), SIGKILL);
    if (WIFSIGNALED(end)) ::kill(::getpid(), WTERMSIG(end));
    ::_exit(WIFEXITED(end) ? WEXITSTATUS(end) : 128 + WTERMSIG(end));
  }
}

}  // namespace

Attempt<Done> Daemon::start(const std::vector<std::string>& arguments, Kin kin, Streams streams) {
  error_output_.reset(::memfd_create("stderr", MFD_CLOEXEC));
  if (!error_output_.open()) return {.value = std::nullopt, .failure = system_failure("cannot keep a daemon's words")};
  std::vector<char*> words;
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return {.value = std::nullopt, .failure = system_failure("cannot start " + arguments[0])};
  const Run run{.arguments = words.data(), .streams = streams, .error_output = error_output_.get()};
  if (child == 0 && kin == Kin::kAlone) become_alone(run, parent);
  if (child == 0) keep(run, parent);
  end_.reset(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  const std::lock_guard lock(mutex_);
  pid_ = child;
  kin_ = kin;
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
  if (pid_ != 0) ::kill(pid_, kin_ == Kin::kAlone ? SIGKILL : SIGTERM);
}

void Daemon::kill() {
  strike();
  reap(0);
}

void Daemon::rest(std::chrono::milliseconds most, int urgent) const {
  std::array<pollfd, 2> watched = {pollfd{.fd = end_.get(), .events = POLLIN, .revents = 0},
                                   pollfd{.fd = urgent, .events = POLLPRI, .revents = 0}};
  ::poll(watched.data(), watched.size(), static_cast<int>(most.count()));
}

Attempt<Done> Daemon::join(std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (running()) {
    if (std::chrono::steady_clock::now() > deadline) {
      kill();
      return {.value = std::nullopt,
              .failure = {Errno::kETIMEDOUT, "the program did not end after its unmount", Fault::kSubject}};
    }
    rest(20ms);
  }
  if (WIFEXITED(status_) && WEXITSTATUS(status_) == 0) return {.value = Done{}, .failure = {}};
  std::string what = WIFSIGNALED(status_) ? "the program was killed by signal " + std::to_string(WTERMSIG(status_))
                                          : "the program ended with status " + std::to_string(WEXITSTATUS(status_));
  if (const std::string words = last_words(); !words.empty()) what += ": " + words;
  return {.value = std::nullopt, .failure = {Errno::kEIO, std::move(what), Fault::kSubject}};
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

Watchdog::Watchdog(std::function<void()> strike, const SubjectSettings& settings)
    : strike_(std::move(strike)), settings_(settings), thread_([this] { watch(); }) {}

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
  const auto pause = std::min<std::chrono::milliseconds>(settings_.limit / 8, 250ms);
  while (!stopped_.wait_for(lock, pause, [this] { return stop_; })) {
    const auto now = std::chrono::steady_clock::now();
    const std::uint64_t seen = turns_.load();
    if (seen != turn || seen % 2 == 0) {
      turn = seen;
      since = now;
    } else if (now - since > (must_hurry() ? std::min(settings_.limit, 500ms) : settings_.limit)) {
      struck_ = true;
      strike_();
      since = now;
    }
  }
}

}  // namespace ovlspec::oracle
