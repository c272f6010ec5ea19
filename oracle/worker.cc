#include "oracle/worker.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "oracle/disk_stack.h"
#include "oracle/interruption.h"
#include "oracle/private_namespace.h"

namespace ovlspec::oracle {
namespace {

constexpr std::string_view kReady = "ready";
constexpr std::string_view kStale = "stale";

bool write_line(int descriptor, std::string line) {
  line += '\n';
  for (std::size_t done = 0; done < line.size();) {
    const ssize_t size = ::send(descriptor, line.data() + done, line.size() - done, MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return false;
    done += static_cast<std::size_t>(size);
  }
  return true;
}

// Takes a line out of what was received.
std::optional<std::string> take_line(std::string& received) {
  const auto end = received.find('\n');
  if (end == std::string::npos) return std::nullopt;
  std::string line = received.substr(0, end);
  received.erase(0, end + 1);
  return line;
}

// Whether there was more.
bool read_more(int descriptor, std::string& received) {
  char buffer[65536];
  ssize_t size = 0;
  do size = ::read(descriptor, buffer, sizeof buffer);
  while (size < 0 && errno == EINTR);
  if (size > 0) received.append(buffer, static_cast<std::size_t>(size));
  return size > 0;
}

// "NUMBER EMPHASIS\tKIND\tKIND...".
std::string question_of(const Worker::Asked& asked, const std::set<std::string>& exhausted) {
  std::string question = fmt::format("{} {}", asked.number, static_cast<unsigned>(asked.emphasis));
  for (const std::string& kind : exhausted) question += "\t" + kind;
  return question;
}

std::string answer_to(Player& player, const std::string& question) {
  if (question == kStale) return nlohmann::json(player.stale()).dump();
  std::set<std::string> exhausted;
  const auto end = question.find('\t');
  for (auto at = end; at != std::string::npos;) {
    const auto next = question.find('\t', at + 1);
    exhausted.insert(question.substr(at + 1, next == std::string::npos ? next : next - at - 1));
    at = next;
  }
  const auto emphasis = static_cast<Emphasis>(std::stoul(question.substr(question.find(' '))));
  const PlayedCase played = player.play(std::stoull(question), emphasis, exhausted);
  return fmt::format("{} {} {} {}", played.number, static_cast<unsigned>(emphasis), played.interrupted ? 1 : 0,
                     print_played(played.played));
}

// Until the parent asks no more.
void serve(const CampaignContext& context, const JudgedSubject& judged, int descriptor, const std::atomic<bool>* stop) {
  CheckOptions options = context.options;
  options.settings.stop = stop;
  const CampaignContext own{.options = options, .cases = context.cases, .known = context.known};
  SubjectOrError made = make_subject(judged.name, options.settings);
  if (made.subject == nullptr) {
    (void)write_line(descriptor, made.error.what);
    return;
  }
  if (!write_line(descriptor, std::string(kReady))) return;
  Player player(own, judged, *made.subject);
  std::string received;
  while (true) {
    if (const auto question = take_line(received)) {
      if (!write_line(descriptor, answer_to(player, *question))) return;
    } else if (!read_more(descriptor, received)) {
      return;
    }
  }
}

// The child's life. It is over where the parent is gone, too, and soon even if what it plays does not end.
[[noreturn]] void live(const CampaignContext& context, const JudgedSubject& judged, int descriptor,
                       const std::string& temporary) {
  forget_namespace_of_parent();
  constexpr int kMilliseconds = 50;
  constexpr int kPatience = 15000 / kMilliseconds;
  std::atomic<bool> stop = false;
  std::atomic<bool> done = false;
  {
    const Interruption interruption;
    // A thread of its own: nothing that the parent's knows of its namespace and its root directory is so here.
    std::thread serving([&] {
      serve(context, judged, descriptor, &stop);
      done = true;
    });
    for (int waited = 0; !done && waited < kPatience; waited += stop ? 1 : 0) {
      pollfd parent{.fd = stop ? -1 : descriptor, .events = POLLRDHUP, .revents = 0};
      (void)::poll(&parent, 1, kMilliseconds);
      if (interruption.came() || parent.revents != 0) stop = true;
    }
    if (!done) ::_exit(1);
    serving.join();
  }
  // The parent may be gone.
  remove_stacks_in(temporary);
  ::_exit(0);
}

std::string end_text(int status) {
  if (WIFSIGNALED(status)) return fmt::format("ended by SIG{}", ::sigabbrev_np(WTERMSIG(status)));
  return fmt::format("ended with status {}", WEXITSTATUS(status));
}

}  // namespace

void Worker::finish() {
  socket_.reset();
  if (runs()) reap();
}

std::optional<std::string> Worker::start(const std::vector<int>& others) {
  received_.clear();
  asked_.reset();
  socket_.reset();
  if (auto why = fork_child(others)) {
    remove_temporary();
    end_ = "could not be started: " + *why;
    return why;
  }
  const auto line = wait();
  if (line == kReady) return std::nullopt;
  return line ? *line : "a process that should play cases " + end_;
}

std::optional<std::string> Worker::fork_child(const std::vector<int>& others) {
  std::error_code error;
  temporary_ = (std::filesystem::temp_directory_path(error) / "ovlspec-worker-XXXXXX").string();
  // Some subjects reach what lies in it as the caller whom they serve.
  constexpr mode_t kForAll = 0755;
  if (::mkdtemp(temporary_.data()) == nullptr || ::chmod(temporary_.c_str(), kForAll) != 0)
    return "no directory for its temporary files";
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return "no socket for another process";
  socket_.reset(ends[0]);
  const Descriptor childs(ends[1]);
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    // A terminal's signals come from the parent, once.
    ::setsid();
    for (const int other : others) ::close(other);
    ::close(ends[0]);
    ::setenv("TMPDIR", temporary_.c_str(), 1);
    live(context_, judged_, ends[1], temporary_);
  }
  if (child > 0) {
    child_ = child;
    return std::nullopt;
  }
  socket_.reset();
  return "no other process";
}

void Worker::remove_temporary() {
  if (!temporary_.empty()) remove_stacks_in(temporary_);
  temporary_.clear();
}

void Worker::ask_stale() { send(std::string(kStale)); }

void Worker::ask(const Asked& asked, const std::set<std::string>& exhausted) {
  asked_ = asked;
  asked_at_ = std::chrono::steady_clock::now();
  send(question_of(asked, exhausted));
}

// A child that has ended is found out where its answer is read.
void Worker::send(const std::string& line) { (void)write_line(socket_.get(), line); }

std::optional<std::string> Worker::receive() {
  if (auto line = take_line(received_)) return line;
  if (!runs()) return std::nullopt;
  if (!read_more(socket_.get(), received_)) {
    reap();
    return std::nullopt;
  }
  return take_line(received_);
}

std::optional<std::string> Worker::wait() {
  while (runs())
    if (auto line = receive()) return line;
  return std::nullopt;
}

void Worker::signal(int number) const {
  if (runs()) ::kill(child_, number);
}

void Worker::end_if_late(double limit) {
  const std::chrono::duration<double> since = std::chrono::steady_clock::now() - asked_at_;
  if (!asked_ || !runs() || since.count() < limit) return;
  late_ = true;
  signal(SIGKILL);
}

void Worker::reap() {
  int status = 0;
  while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) {
  }
  end_ = late_ ? "did not answer" : end_text(status);
  late_ = false;
  child_ = 0;
  remove_temporary();
}

std::optional<PlayedCase> parse_answer(const std::string& line) {
  std::istringstream words(line);
  PlayedCase played;
  unsigned emphasis = 0;
  if (!(words >> played.number >> emphasis >> played.interrupted) || emphasis >= kEmphases) return std::nullopt;
  auto parsed = parse_played(line.substr(static_cast<std::size_t>(words.tellg())));
  if (!parsed) return std::nullopt;
  played.emphasis = static_cast<Emphasis>(emphasis);
  played.played = std::move(*parsed);
  return played;
}

std::vector<std::string> parse_stale(const std::string& line) {
  return nlohmann::json::parse(line).get<std::vector<std::string>>();
}

}  // namespace ovlspec::oracle
