#include "impl/fuse/program_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace ovlspec::fuse {

namespace fs = std::filesystem;

pid_t start(const Arguments& arguments, const std::string& output, const std::string& errors) {
  const pid_t child = fork();
  if (child != 0) return child;
  dup2(open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), STDOUT_FILENO);
  dup2(open(errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), STDERR_FILENO);
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  execvp(pointers[0], pointers.data());
  _exit(127);
}

void Program::SetUp() {
  MountTest::SetUp();
  if (!IsSkipped()) write_file(lower("f"), "lower");
}

void Program::TearDown() {
  if (!root().empty()) kill_daemons(SIGKILL);
  MountTest::TearDown();
}

void Program::copy_program() {
  program_ = root() + "/fuse-ovlspec";
  ASSERT_TRUE(fs::copy_file(FUSE_OVLSPEC_PROGRAM, program_));
}

Ran Program::run(const Arguments& arguments) {
  const std::string output = root() + "/output";
  const std::string errors = root() + "/errors";
  int status = 0;
  EXPECT_GT(waitpid(start(arguments, output, errors), &status, 0), 0);
  return {
      .status = WIFEXITED(status) ? WEXITSTATUS(status) : -1, .output = read_file(output), .errors = read_file(errors)};
}

Ran Program::mount_with(const std::string& options) {
  return run({program_, "none", root() + "/mount", "-o", options});
}

std::vector<pid_t> Program::daemons() const {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    // A process that ends meanwhile is none.
    std::ostringstream words;
    words << std::ifstream(entry.path() / "cmdline").rdbuf();
    const std::string line = words.str();
    const bool ours = line.find("fuse-ovlspec") != std::string::npos;
    if (ours && line.find(root() + "/mount") != std::string::npos) found.push_back(std::stoi(name));
  }
  return found;
}

void Program::kill_daemons(int signal) const {
  for (const pid_t daemon : daemons()) kill(daemon, signal);
  EXPECT_TRUE(eventually([&] { return daemons().empty(); }));
}

}  // namespace ovlspec::fuse
