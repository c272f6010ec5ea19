#include "oracle/report_run.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "oracle/descriptor.h"

namespace ovlspec::oracle {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kOutputMax = 64U << 10;  // bytes that are kept, of its end

Clock::time_point in_seconds(double seconds) {
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

[[noreturn]] void become(const std::vector<std::string>& words, int output) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::setpgid(0, 0);
  const int input = ::open("/dev/null", O_RDONLY);
  if (input < 0 || ::dup2(input, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(output, 2) < 0) ::_exit(127);
  ::execvp(arguments.front(), arguments.data());
  ::_exit(127);
}

class Running {
 public:
  Running(pid_t child, Descriptor output) : child_(child), output_(std::move(output)) {}

  Ended end_by(Clock::time_point deadline) {
    while (!is_over_ && Clock::now() < deadline) {
      wait_a_moment();
      look();
    }
    Ended ended{.status = -1, .output = {}, .is_late = !is_over_};
    // Whatever it left in its group goes, too.
    ::kill(-child_, SIGKILL);
    if (!is_over_) end_killed();
    while (read_some()) continue;
    if (!ended.is_late && is_status_known_ && WIFEXITED(status_)) ended.status = WEXITSTATUS(status_);
    ended.output = std::move(said_);
    return ended;
  }

 private:
  // Until it says something, closes its output, or a moment has passed.
  void wait_a_moment() {
    constexpr int kWhileItSpeaks = 20;
    constexpr int kOnceItIsSilent = 2;
    struct pollfd waiting = {.fd = output_.get(), .events = POLLIN, .revents = 0};
    const bool has_more = ::poll(&waiting, 1, output_.open() ? kWhileItSpeaks : kOnceItIsSilent) > 0;
    if (has_more && !read_some()) output_.reset();
  }

  // What cannot be waited for is over, and nothing is known of it.
  void look() {
    const pid_t found = ::waitpid(child_, &status_, WNOHANG);
    is_over_ = found == child_ || (found < 0 && errno != EINTR);
    is_status_known_ = found == child_;
  }

  // What hangs in a system call outlives even that for a while.
  void end_killed() {
    const auto deadline = in_seconds(5);
    for (look(); !is_over_ && Clock::now() < deadline; look()) std::this_thread::sleep_for(milliseconds(2));
  }

  // Of an output that does not block.
  bool read_some() {
    char bytes[4096];
    const ssize_t count = output_.open() ? ::read(output_.get(), bytes, sizeof bytes) : 0;
    if (count > 0) said_.append(bytes, static_cast<std::size_t>(count));
    if (said_.size() > 2 * kOutputMax) said_.erase(0, said_.size() - kOutputMax);
    return count > 0 || (count < 0 && errno == EINTR);
  }

  pid_t child_;
  Descriptor output_;
  int status_ = 0;
  bool is_over_ = false;
  bool is_status_known_ = false;
  std::string said_;
};

}  // namespace

Ended run_program(const std::vector<std::string>& words, double seconds) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {.status = -1, .output = "no pipe can be made"};
  Descriptor output(ends[0]);
  const pid_t child = ::fork();
  if (child == 0) become(words, ends[1]);
  ::close(ends[1]);
  if (child < 0) return {.status = -1, .output = "no process can be made"};
  ::fcntl(output.get(), F_SETFL, O_NONBLOCK);
  // As it does itself; one of the two comes first.
  ::setpgid(child, child);
  return Running(child, std::move(output)).end_by(in_seconds(seconds));
}

}  // namespace ovlspec::oracle
