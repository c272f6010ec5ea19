// `agent:COMMAND`: a program that is told on its standard input what to do, and answers on its standard output
// (AGENT.md). The layers are directories that the oracle makes, changes and scans, as for everything that is mounted.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oracle/agent_protocol.h"
#include "oracle/daemon.h"
#include "oracle/disk_subject.h"

namespace ovlspec::oracle {

// A program in conversation. An answer that comes late, or that is none, ends it.
class AgentProcess {
 public:
  AgentProcess(std::vector<std::string> command, const SubjectSettings& settings)
      : command_(std::move(command)), settings_(settings) {}

  // Starts it where it does not run, and greets it.
  Attempt<agent::Greeting> start();
  // The answer's line; nothing, with `failure`, where there is none.
  std::optional<std::string> ask(const std::string& question);
  // An answer that `parse` does not take ends the agent, too.
  template <typename Answer, typename Parse>
  std::optional<Answer> ask(const std::string& question, const Parse& parse) {
    const auto line = ask(question);
    if (!line) return std::nullopt;
    std::string problem;
    auto answer = parse(*line, problem);
    if (!answer) fail(Errno::kEIO, "the agent's answer is " + problem + ": " + shown(*line));
    return answer;
  }
  void kill();
  // Since it was started.
  const std::optional<Failure>& failure() const { return failure_; }

 private:
  std::optional<std::string> read_line();
  bool write_all(const std::string& text);
  void fail(Errno error, std::string what);
  static std::string shown(const std::string& line);

  std::vector<std::string> command_;
  SubjectSettings settings_;
  Daemon daemon_;
  Descriptor input_;   // the agent's
  Descriptor output_;  // the agent's
  std::string buffered_;
  std::optional<agent::Greeting> greeting_;
  std::optional<Failure> failure_;
};

class AgentSubject final : public DiskSubject {
 public:
  AgentSubject(std::string name, std::unique_ptr<AgentProcess> process, const agent::Greeting& greeting,
               DiskFormat format);
  ~AgentSubject() override { end_quietly(); }

  void drop_caches() override;
  Outcome apply(const Caller& caller, const Operation& operation) override;
  bool declined() const override { return declined_; }
  std::optional<Failure> ailing() override { return process_->failure(); }
  Result<std::string> take_handle(const std::string& path) override;
  Result<HandleOpened> open_handle(const std::string& handle) override;

 private:
  Attempt<Done> begin(const StackPaths& paths, const std::vector<std::string>& options,
                      const std::string& mount_point) override;
  Attempt<Done> end(const std::string& mount_point) override;
  void die() override { process_->kill(); }
  Attempt<Done> end_crashed(const std::string& mount_point) override;
  Attempt<Done> enter(const std::string&) override { return {.value = Done{}, .failure = {}}; }
  Attempt<Done> ask_done(const std::string& question);

  std::unique_ptr<AgentProcess> process_;
  bool has_handles_;
  bool declined_ = false;
};

SubjectOrError make_agent_subject(std::string_view command, const SubjectSettings& settings);

}  // namespace ovlspec::oracle
