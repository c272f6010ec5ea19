#include "oracle/players.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include "oracle/trace_file.h"
#include "oracle/worker.h"

namespace ovlspec::oracle {
namespace {

class LocalPlayers : public Players {
 public:
  LocalPlayers(const CampaignContext& context, const JudgedSubject& judged) : context_(context), judged_(judged) {}

  std::optional<std::string> start() override {
    SubjectOrError made = make_subject(judged_.name, context_.options.settings);
    if (made.subject == nullptr) return made.error.what;
    subject_ = std::move(made.subject);
    player_.emplace(context_, judged_, *subject_);
    return std::nullopt;
  }
  std::vector<std::string> stale() override { return player_->stale(); }
  bool has_free() const override { return !asked_; }
  void ask(std::uint64_t number, Emphasis emphasis, const std::set<std::string>& exhausted) override {
    asked_ = number;
    emphasis_ = emphasis;
    exhausted_ = &exhausted;
  }
  PlayedCase answer() override {
    PlayedCase played = player_->play(*asked_, emphasis_, *exhausted_);
    asked_.reset();
    return played;
  }

 private:
  const CampaignContext& context_;
  const JudgedSubject& judged_;
  std::unique_ptr<Subject> subject_;
  std::optional<Player> player_;
  std::optional<std::uint64_t> asked_;
  Emphasis emphasis_ = Emphasis::kOrdinary;
  const std::set<std::string>* exhausted_ = nullptr;
};

class ForkedPlayers : public Players {
 public:
  ForkedPlayers(const CampaignContext& context, const JudgedSubject& judged) : context_(context), judged_(judged) {
    for (unsigned i = 0; i < context.options.jobs; ++i) workers_.push_back(std::make_unique<Worker>(context_, judged_));
  }

  std::optional<std::string> start() override {
    for (const auto& worker : workers_)
      if (auto why = worker->start(others_of(*worker))) return why;
    return std::nullopt;
  }

  std::vector<std::string> stale() override {
    Worker& worker = *workers_.front();
    if (context_.known.empty()) return {};
    worker.ask_stale();
    while (worker.runs()) {
      wait_for([&](const Worker& other) { return &other == &worker; });
      if (const auto line = worker.receive()) return parse_stale(*line);
    }
    return {"the known issues could not be played: the process that played them " + worker.end()};
  }

  bool has_free() const override {
    return std::any_of(workers_.begin(), workers_.end(), [](const auto& worker) { return !worker->asked(); });
  }

  void ask(std::uint64_t number, Emphasis emphasis, const std::set<std::string>& exhausted) override {
    const auto free =
        std::find_if(workers_.begin(), workers_.end(), [](const auto& worker) { return !worker->asked(); });
    Worker& worker = **free;
    if (!worker.runs()) (void)worker.start(others_of(worker));
    worker.ask({.number = number, .emphasis = emphasis}, exhausted);
  }

  PlayedCase answer() override {
    while (true)
      for (Worker* const worker : wait_for([](const Worker& other) { return other.asked().has_value(); }))
        if (auto played = answer_of(*worker)) return std::move(*played);
  }

 private:
  std::vector<int> others_of(const Worker& worker) const {
    std::vector<int> others;
    for (const auto& other : workers_)
      if (other.get() != &worker && other->descriptor() >= 0) others.push_back(other->descriptor());
    return others;
  }

  bool is_stopped() const { return context_.options.settings.stop != nullptr && *context_.options.settings.stop; }

  // Those of them that have something to say: at least one.
  template <typename Awaited>
  std::vector<Worker*> wait_for(const Awaited& awaited) {
    std::vector<Worker*> speaking;
    while (speaking.empty()) {
      tell_of_stop();
      for (const auto& worker : workers_) {
        worker->end_if_late(context_.options.case_limit);
        // That one has something to say, too.
        if (awaited(*worker) && !worker->runs()) speaking.push_back(worker.get());
      }
      if (!speaking.empty()) break;
      std::vector<pollfd> polled;
      for (const auto& worker : workers_)
        polled.push_back({.fd = awaited(*worker) ? worker->descriptor() : -1, .events = POLLIN, .revents = 0});
      constexpr int kMilliseconds = 50;
      (void)::poll(polled.data(), polled.size(), kMilliseconds);
      for (std::size_t i = 0; i < polled.size(); ++i)
        if (polled[i].revents != 0) speaking.push_back(workers_[i].get());
    }
    return speaking;
  }

  void tell_of_stop() {
    if (told_ || !is_stopped()) return;
    told_ = true;
    for (const auto& worker : workers_) worker->signal(SIGTERM);
  }

  std::optional<PlayedCase> answer_of(Worker& worker) {
    const auto line = worker.receive();
    if (!line && worker.runs()) return std::nullopt;
    auto played = line ? parse_answer(*line) : std::nullopt;
    // Whoever stopped the child alone must not end the campaign.
    const bool is_lost = !played || (played->interrupted && !soon_stopped());
    if (is_lost) played = lost(worker);
    worker.answered();
    return played;
  }

  // A signal may reach a child first.
  bool soon_stopped() const {
    constexpr int kTimes = 20;
    for (int i = 0; i < kTimes && !is_stopped(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return is_stopped();
  }

  // What ends a process of ours is told with the case that it played.
  PlayedCase lost(Worker& worker) {
    const auto [number, emphasis] = *worker.asked();
    std::error_code ignored;
    std::filesystem::create_directories(context_.options.out, ignored);
    const std::string path = fmt::format("{}/lost-case-{}.trace", context_.options.out, number);
    const auto unsaved = save_trace(context_.cases.make(number, emphasis), path);
    const std::string end = worker.runs() ? "was told to end" : worker.end();
    if (worker.runs()) worker.finish();
    PlayedCase played{.number = number, .emphasis = emphasis, .played = {.cases = 1}, .crashed = true};
    played.played.failed_at_end = 1;
    played.played
        .failures[fmt::format("case {}: the process that played it {}: {}", number, end, unsaved ? *unsaved : path)] =
        1;
    return played;
  }

  const CampaignContext& context_;
  const JudgedSubject& judged_;
  std::vector<std::unique_ptr<Worker>> workers_;
  bool told_ = false;
};

}  // namespace

std::unique_ptr<Players> make_players(const CampaignContext& context, const JudgedSubject& judged) {
  if (context.options.jobs > 1) return std::make_unique<ForkedPlayers>(context, judged);
  return std::make_unique<LocalPlayers>(context, judged);
}

}  // namespace ovlspec::oracle
