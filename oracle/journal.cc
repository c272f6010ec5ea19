#include "oracle/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "oracle/program_digest.h"

namespace ovlspec::oracle {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kVersion = "1";

std::string listed(const std::vector<std::string>& words) { return Json(words).dump(); }

std::string line_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"; }

// Whether the line is one of a journal.
bool take_line(const std::string& line, JournalText& text) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return false;
  try {
    if (text.length == 0) {
      text.head = json.at("journal").get<JournalHead>();
      return true;
    }
    const auto subject = json.at("subject").get<std::string>();
    const bool is_new = text.parts.count(subject) == 0;
    JournalPart& part = text.parts[subject];
    if (is_new) text.subjects.push_back(subject);
    part.next = json.at("next").get<std::uint64_t>();
    if (json.contains("ended")) {
      const Json& ended = json["ended"];
      part.ended = JournalEnd{.stale = ended.at("stale").get<std::vector<std::string>>(),
                              .failure = std::nullopt,
                              .stopped = ended.at("interrupted").get<bool>()};
      if (ended.at("failure").is_string()) part.ended->failure = ended["failure"].get<std::string>();
      return true;
    }
    auto played = parse_played(json.at("played").dump());
    if (!played) return false;
    part.played.push_back(std::move(*played));
    part.seconds += json.at("seconds").get<double>();
    part.ended.reset();
    return true;
  } catch (const Json::exception&) {
    return false;
  }
}

}  // namespace

JournalHead journal_head(const CheckOptions& options, const std::string& first_case) {
  std::vector<std::string> profiles;
  for (const std::string& file : options.profiles) profiles.push_back(digest_of_file(file));
  Digest digest;
  digest.add(first_case);
  return {{"version", kVersion},
          {"program", program_digest()},
          {"seed", std::to_string(options.seed)},
          {"shard", shard_text(options.shard)},
          {"subjects", listed(options.subjects)},
          {"operations", std::to_string(options.operations)},
          {"steered", options.steered ? "yes" : "no"},
          {"mutations", options.mutations ? "yes" : "no"},
          {"layers", listed(options.layers)},
          {"traces", options.traces},
          {"profiles", listed(options.profiles)},
          {"digests of profiles", listed(profiles)},
          {"digest of the first case", digest.text()}};
}

std::vector<std::string> listed_words(const std::string& value) {
  const Json json = Json::parse(value, nullptr, false);
  return json.is_array() ? json.get<std::vector<std::string>>() : std::vector<std::string>{};
}

JournalTextOrError read_journal(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return {std::nullopt, path + ": cannot be read"};
  JournalText text;
  for (std::string line; std::getline(file, line) && !file.eof();) {
    if (!take_line(line, text)) break;
    text.length += line.size() + 1;
  }
  if (text.length == 0) return {std::nullopt, path + ": is no journal"};
  return {std::move(text), {}};
}

std::optional<std::string> Journal::open(const std::string& path, const JournalHead& head, Journal& journal) {
  std::error_code error;
  if (const auto parent = std::filesystem::path(path).parent_path(); !parent.empty())
    std::filesystem::create_directories(parent, error);
  journal.path_ = path;
  const bool is_new = !std::filesystem::exists(path, error) || std::filesystem::file_size(path, error) == 0;
  if (!is_new) {
    JournalTextOrError read = read_journal(path);
    if (!read.text) return read.error;
    for (const auto& [name, value] : head)
      if (const auto found = read.text->head.find(name); found == read.text->head.end() || found->second != value)
        return fmt::format("{}: its campaign had another {}: {}, not {}", path, name,
                           found == read.text->head.end() ? "none" : found->second, value);
    journal.before_ = std::move(*read.text);
  }
  journal.file_.reset(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!journal.file_.open()) return fmt::format("{}: {}", path, errno_name(last_error()));
  // Released with the process, however that ends; its children have no part in it.
  struct flock lock {
    .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0, .l_pid = 0
  };
  if (::fcntl(journal.file_.get(), F_SETLK, &lock) != 0) return path + ": another campaign writes it";
  if (is_new) return journal.append(line_of(Json{{"journal", head}}));
  if (::ftruncate(journal.file_.get(), static_cast<off_t>(journal.before_.length)) == 0) return std::nullopt;
  return fmt::format("{}: {}", path, errno_name(last_error()));
}

std::optional<std::string> Journal::add(const std::string& subject, std::uint64_t next, double seconds,
                                        const Played& played) {
  const Json json{{"subject", subject}, {"next", next}, {"seconds", seconds}};
  std::string line = line_of(json);
  // What is printed already is not parsed again.
  line.replace(line.size() - 2, 2, ",\"played\":" + print_played(played) + "}\n");
  return append(line);
}

std::optional<std::string> Journal::end(const std::string& subject, std::uint64_t next, const JournalEnd& end) {
  const Json ended{
      {"stale", end.stale}, {"failure", end.failure ? Json(*end.failure) : Json()}, {"interrupted", end.stopped}};
  return append(line_of(Json{{"subject", subject}, {"next", next}, {"ended", ended}}));
}

std::optional<std::string> Journal::append(const std::string& line) {
  for (std::size_t done = 0; done < line.size();) {
    const ssize_t size = ::write(file_.get(), line.data() + done, line.size() - done);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return fmt::format("{}: {}", path_, errno_name(last_error()));
    done += static_cast<std::size_t>(size);
  }
  if (::fdatasync(file_.get()) == 0) return std::nullopt;
  return fmt::format("{}: {}", path_, errno_name(last_error()));
}

}  // namespace ovlspec::oracle
