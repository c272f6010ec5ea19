#include "oracle/agent_protocol.h"

#include "oracle/json_fields.h"
#include "oracle/json_values.h"

namespace ovlspec::oracle::agent {
namespace {

Json question(std::string_view ask) { return Json{{"ask", ask}}; }

std::string line_of(const Json& json) { return json.dump() + "\n"; }

Json json_paths(const std::vector<std::string>& paths) {
  Json list = Json::array();
  for (const std::string& path : paths) list.push_back(json_bytes(path));
  return list;
}

Json json_of(const Caller& caller) {
  return Json{{"uid", caller.uid},
              {"gid", caller.gid},
              {"groups", caller.groups},
              {"umask", mode_text(caller.umask)},
              {"caps", capabilities_text(caller.capabilities)}};
}

// Reads the line's object with `read`; nothing where it is none, or `read` found a problem.
template <typename Value, typename Read>
std::optional<Value> parsed(std::string_view line, std::string& problem, const Read& read) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) {
    problem = "no JSON object";
    return std::nullopt;
  }
  Problem found;
  Value value;
  read(json, value, found);
  if (!found) return value;
  problem = *found;
  return std::nullopt;
}

}  // namespace

std::string hello() {
  Json json = question("hello");
  json["version"] = kVersion;
  return line_of(json);
}

std::string mount(const StackPaths& paths, const std::vector<std::string>& options, const std::string& mount_point) {
  Json json = question("mount");
  json["lowers"] = json_paths(paths.lowers);
  if (!paths.upper.empty()) json["upper"] = json_bytes(paths.upper);
  if (!paths.work.empty()) json["work"] = json_bytes(paths.work);
  json["mount"] = json_bytes(mount_point);
  json["options"] = json_paths(options);
  return line_of(json);
}

std::string unmount() { return line_of(question("unmount")); }
std::string drop_caches() { return line_of(question("drop-caches")); }

std::string apply(const Caller& caller, const Operation& operation) {
  Json json = question("apply");
  json["caller"] = json_of(caller);
  json["do"] = operation_word(operation);
  JsonFieldWriter writer(json);
  std::visit([&](const auto& asked) { fields(writer, asked); }, operation);
  return line_of(json);
}

std::string take_handle(const std::string& path) {
  Json json = question("take-handle");
  json["path"] = json_bytes(path);
  return line_of(json);
}

std::string open_handle(const std::string& handle) {
  Json json = question("open-handle");
  json["handle"] = json_bytes(handle);
  return line_of(json);
}

std::optional<Greeting> parse_greeting(std::string_view line, std::string& problem) {
  return parsed<Greeting>(line, problem, [](const Json& json, Greeting& greeting, Problem& found) {
    JsonReader reader(json, found);
    reader.bytes("format", greeting.format);
    reader.boolean("handles", greeting.handles);
    reader.done();
  });
}

std::optional<Attempt<Done>> parse_done(std::string_view line, std::string& problem) {
  return parsed<Attempt<Done>>(line, problem, [](const Json& json, Attempt<Done>& done, Problem& found) {
    JsonReader reader(json, found);
    bool ok = false;
    reader.boolean("ok", ok);
    done.failure.fault = Fault::kSubject;
    reader.word("error", done.failure.error, errno_from_name, "the name of an error");
    reader.bytes("what", done.failure.what);
    if (ok == reader.has("error")) reader.fail("an answer has `ok` that is true, or `error`");
    if (ok) done.value = Done{};
    if (done.failure.what.empty()) done.failure.what = errno_name(done.failure.error);
    reader.done();
  });
}

std::optional<Applied> parse_applied(std::string_view line, std::string& problem) {
  return parsed<Applied>(line, problem, [](const Json& json, Applied& applied, Problem& found) {
    if (json.contains("unsupported")) {
      JsonReader reader(json, found);
      reader.boolean("unsupported", applied.declined);
      if (!applied.declined) reader.fail("`unsupported` is true where it is there");
      return reader.done();
    }
    read_outcome(json, applied.outcome, found);
  });
}

std::optional<Result<HandleOpened>> parse_opened(std::string_view line, std::string& problem) {
  struct Opened {
    Outcome outcome;
    std::string content;
  };
  const auto opened = parsed<Opened>(line, problem, [](Json json, Opened& value, Problem& found) {
    if (const auto content = json.find("content"); content != json.end()) {
      if (const Problem wrong = read_bytes(*content, value.content)) found = wrong;
      json.erase("content");
    }
    read_outcome(json, value.outcome, found);
    if (value.outcome.ok() && !std::holds_alternative<Attributes>(value.outcome.payload) && !found)
      found = "an opened handle has `attributes`";
  });
  if (!opened) return std::nullopt;
  if (!opened->outcome.ok()) return Result<HandleOpened>(opened->outcome.error);
  return Result<HandleOpened>(HandleOpened{std::get<Attributes>(opened->outcome.payload), opened->content});
}

}  // namespace ovlspec::oracle::agent
