#include "oracle/agent_subject.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "oracle/mount_command.h"
#include "oracle/mount_table.h"
#include "oracle/private_namespace.h"
#include "oracle/program_subject.h"
#include "oracle/thread_session.h"

namespace ovlspec::oracle {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kLineMax = std::size_t{64} << 20;

// Whoever writes to a program that has ended gets EPIPE, and the signal goes nowhere.
class WithoutPipeSignal {
 public:
  WithoutPipeSignal() {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~WithoutPipeSignal() {
    const timespec now{};
    if (::sigismember(&before_, SIGPIPE) == 0)
      while (::sigtimedwait(&pipe_, nullptr, &now) > 0) {
      }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  WithoutPipeSignal(const WithoutPipeSignal&) = delete;
  WithoutPipeSignal& operator=(const WithoutPipeSignal&) = delete;

 private:
  sigset_t pipe_;
  sigset_t before_;
};

struct Pipe {
  Descriptor read;
  Descriptor write;
};

std::optional<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

}  // namespace

std::string AgentProcess::shown(const std::string& line) {
  constexpr std::size_t kShown = 200;
  std::string text = "`";
  for (const char c : line.substr(0, kShown)) text += c >= ' ' && c <= '~' ? c : '?';
  return text + (line.size() > kShown ? "...`" : "`");
}

void AgentProcess::fail(Errno error, std::string what) {
  if (!failure_) failure_ = Failure{error, std::move(what), Fault::kSubject};
  kill();
}

void AgentProcess::kill() {
  daemon_.kill();
  input_.reset();
  output_.reset();
  buffered_.clear();
}

Attempt<agent::Greeting> AgentProcess::start() {
  if (input_.open() && !daemon_.running()) kill();
  failure_.reset();
  if (!input_.open()) {
    auto in = make_pipe();
    auto out = make_pipe();
    if (!in || !out) return {.value = std::nullopt, .failure = system_failure("cannot make a pipe")};
    const Daemon::Streams streams{.input = in->read.get(), .output = out->write.get()};
    if (auto started = daemon_.start(command_, Daemon::Kin::kFamily, streams); !started.ok())
      return {.value = std::nullopt, .failure = started.failure};
    input_ = std::move(in->write);
    output_ = std::move(out->read);
    ::fcntl(input_.get(), F_SETFL, O_NONBLOCK);
    ::fcntl(output_.get(), F_SETFL, O_NONBLOCK);
    greeting_ = ask<agent::Greeting>(agent::hello(), agent::parse_greeting);
  }
  if (!greeting_) return {.value = std::nullopt, .failure = *failure_};
  return {.value = greeting_, .failure = {}};
}

bool AgentProcess::write_all(const std::string& text) {
  const WithoutPipeSignal without;
  const auto deadline = Clock::now() + settings_.limit;
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t size = ::write(input_.get(), rest.data(), rest.size());
    if (size > 0) {
      rest.remove_prefix(static_cast<std::size_t>(size));
    } else if (errno != EAGAIN || Clock::now() > deadline) {
      return false;
    } else {
      pollfd writable{.fd = input_.get(), .events = POLLOUT, .revents = 0};
      ::poll(&writable, 1, 100);
    }
  }
  return true;
}

std::optional<std::string> AgentProcess::read_line() {
  const auto deadline = Clock::now() + settings_.limit;
  for (std::size_t searched = 0;;) {
    const auto end = buffered_.find('\n', searched);
    if (end != std::string::npos) {
      std::string line = buffered_.substr(0, end);
      buffered_.erase(0, end + 1);
      return line;
    }
    searched = buffered_.size();
    const bool hurry = settings_.stop != nullptr && *settings_.stop;
    if (searched > kLineMax || hurry || Clock::now() > deadline) {
      fail(Errno::kETIMEDOUT,
           searched > kLineMax ? "the agent's answer has no end" : "the agent did not answer in time and was killed");
      return std::nullopt;
    }
    pollfd readable{.fd = output_.get(), .events = POLLIN, .revents = 0};
    ::poll(&readable, 1, 100);
    std::array<char, 65536> bytes;
    const ssize_t size = ::read(output_.get(), bytes.data(), bytes.size());
    if (size > 0) buffered_.append(bytes.data(), static_cast<std::size_t>(size));
    if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) {
      auto ended = daemon_.join(std::chrono::milliseconds(500));
      fail(Errno::kECONNABORTED,
           ended.ok() ? "the agent ended without an answer" : "instead of an answer " + ended.failure.what);
      return std::nullopt;
    }
  }
}

std::optional<std::string> AgentProcess::ask(const std::string& question) {
  if (!input_.open()) {
    fail(Errno::kENOTCONN, "the agent does not run");
    return std::nullopt;
  }
  if (!buffered_.empty()) {
    fail(Errno::kEIO, "the agent answers unasked: " + shown(buffered_));
    return std::nullopt;
  }
  if (!write_all(question)) {
    auto ended = daemon_.join(std::chrono::milliseconds(500));
    fail(Errno::kECONNABORTED,
         ended.ok() ? "the agent ended without an answer" : "instead of an answer " + ended.failure.what);
    return std::nullopt;
  }
  return read_line();
}

AgentSubject::AgentSubject(std::string name, std::unique_ptr<AgentProcess> process, const agent::Greeting& greeting,
                           DiskFormat format)
    : DiskSubject(std::move(name), format), process_(std::move(process)), has_handles_(greeting.handles) {}

Attempt<Done> AgentSubject::ask_done(const std::string& question) {
  auto done = process_->ask<Attempt<Done>>(question, agent::parse_done);
  if (done) return std::move(*done);
  return {.value = std::nullopt, .failure = *process_->failure()};
}

Attempt<Done> AgentSubject::begin(const StackPaths& paths, const std::vector<std::string>& options,
                                  const std::string& mount_point) {
  if (auto started = process_->start(); !started.ok()) return {.value = std::nullopt, .failure = started.failure};
  return ask_done(agent::mount(paths, options, mount_point));
}

Attempt<Done> AgentSubject::end(const std::string& mount_point) {
  auto ended = ask_done(agent::unmount());
  if (!is_mount_root(mount_point)) return ended;
  (void)detach_below(mount_point);
  if (!ended.ok()) return ended;
  return {.value = std::nullopt, .failure = {Errno::kEBUSY, "the agent left its mount behind", Fault::kSubject}};
}

Attempt<Done> AgentSubject::end_crashed(const std::string& mount_point) {
  (void)detach_below(mount_point);
  return {.value = Done{}, .failure = {}};
}

Outcome AgentSubject::apply(const Caller& caller, const Operation& operation) {
  declined_ = false;
  auto applied = process_->ask<agent::Applied>(agent::apply(caller, operation), agent::parse_applied);
  if (!applied) return Outcome::failure(process_->failure()->error);
  declined_ = applied->declined;
  return std::move(applied->outcome);
}

void AgentSubject::drop_caches() {
  DiskSubject::drop_caches();
  (void)process_->ask<Attempt<Done>>(agent::drop_caches(), agent::parse_done);
}

Result<std::string> AgentSubject::take_handle(const std::string& path) {
  if (!has_handles_) return Errno::kEOPNOTSUPP;
  const auto answer = process_->ask<agent::Applied>(agent::take_handle(path), agent::parse_applied);
  if (!answer) return process_->failure()->error;
  if (!answer->outcome.ok()) return answer->outcome.error;
  const auto* bytes = std::get_if<std::string>(&answer->outcome.payload);
  return bytes != nullptr ? Result<std::string>(*bytes) : Result<std::string>(Errno::kEOPNOTSUPP);
}

Result<HandleOpened> AgentSubject::open_handle(const std::string& handle) {
  if (!has_handles_) return Errno::kEOPNOTSUPP;
  auto opened = process_->ask<Result<HandleOpened>>(agent::open_handle(handle), agent::parse_opened);
  return opened ? std::move(*opened) : Result<HandleOpened>(process_->failure()->error);
}

SubjectOrError make_agent_subject(std::string_view command, const SubjectSettings& settings) {
  const auto refused = [](bool usage, std::string what) {
    return SubjectOrError{.subject = nullptr, .error = {.usage = usage, .what = "agent: " + std::move(what)}};
  };
  auto words = split_words(command);
  if (!words || words->empty()) return refused(true, "expected a command line");
  const auto path = find_in_path(words->front());
  if (!path) return refused(false, "the program " + words->front() + " was not found");
  words->front() = *path;
  if (const auto entered = enter_private_namespace(); !entered.ok()) return refused(false, entered.failure.what);
  auto process = std::make_unique<AgentProcess>(std::move(*words), settings);
  const auto greeting = process->start();
  if (!greeting.ok()) return refused(false, greeting.failure.what);
  const auto format = disk_format_from_word(greeting.value->format);
  if (!format) return refused(true, "it names no format of layers: `" + greeting.value->format + "`");
  return {.subject = std::make_unique<AgentSubject>("agent:" + std::string(command), std::move(process),
                                                    *greeting.value, *format),
          .error = {}};
}

}  // namespace ovlspec::oracle
