// run_program, in a process group of its own, which is killed when its time is over.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "oracle/descriptor.h"
#include "oracle/report_reproduce.h"

namespace ovlspec::oracle {
namespace {

constexpr std::size_t kOutputMax = 64U << 10;  // bytes that are kept

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

}  // namespace

Ended run_program(const std::vector<std::string>& words, double seconds) {
  using Clock = std::chrono::steady_clock;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {.status = -1, .output = "no pipe can be made"};
  Descriptor output(ends[0]);
  const pid_t child = ::fork();
  if (child == 0) become(words, ends[1]);
  ::close(ends[1]);
  if (child < 0) return {.status = -1, .output = "no process can be made"};
  Ended ended;
  const auto deadline =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  bool is_late = false;
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    struct pollfd waiting = {.fd = output.get(), .events = POLLIN, .revents = 0};
    is_late = left <= 0 || ::poll(&waiting, 1, static_cast<int>(left)) == 0;
    if (is_late) break;
    char bytes[4096];
    const ssize_t count = ::read(output.get(), bytes, sizeof bytes);
    if (count <= 0) break;
    if (ended.output.size() < kOutputMax) ended.output.append(bytes, static_cast<std::size_t>(count));
  }
  // Whatever it left in its group goes, too.
  if (is_late) ::kill(-child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  ::kill(-child, SIGKILL);
  ended.status = WIFEXITED(status) && !is_late ? WEXITSTATUS(status) : -1;
  return ended;
}

}  // namespace ovlspec::oracle
