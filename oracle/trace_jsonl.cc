#include "oracle/trace_jsonl.h"

#include <algorithm>

#include "oracle/json_fields.h"
#include "oracle/json_values.h"

namespace ovlspec::oracle {
namespace {

constexpr std::string_view kUpper = "upper";

Json json_caller(const NamedCaller& named) {
  const Caller& caller = named.caller;
  Json line{{"caller", named.name}, {"uid", caller.uid}, {"gid", caller.gid}};
  if (!caller.groups.empty()) line["groups"] = caller.groups;
  if (caller.umask != 0) line["umask"] = mode_text(caller.umask);
  line["caps"] = capabilities_text(caller.capabilities);
  return line;
}

Json json_image(const LayerImage& image) {
  return Json{{"place", image.place}, {"entries", json_entries(image.layer)}};
}

struct EventWriter {
  const std::vector<NamedCaller>& callers;
  Json operator()(const Step& step) const {
    Json line{{"do", operation_word(step.operation)}};
    if (step.caller != 0) line["by"] = callers[step.caller].name;
    JsonFieldWriter writer(line);
    std::visit([&](const auto& o) { fields(writer, o); }, step.operation);
    return line;
  }
  Json operator()(const Mount&) const { return Json{{"event", event_words::kMount}}; }
  Json operator()(const Unmount&) const { return Json{{"event", event_words::kUnmount}}; }
  Json operator()(const DropCaches&) const { return Json{{"event", event_words::kDropCaches}}; }
  Json operator()(const Crash&) const { return Json{{"event", event_words::kCrash}}; }
  Json operator()(const Mutate& mutate) const {
    Json line{{"mutate", mutation_word(mutate.mutation)}};
    if (const model::LayerName* layer = layer_of(mutate.mutation))
      line["layer"] = layer->upper ? Json(kUpper) : Json(layer->lower);
    JsonFieldWriter writer(line);
    std::visit([&](const auto& m) { fields(writer, m); }, mutate.mutation);
    return line;
  }
};

class Parser {
 public:
  TraceOrError run(std::string_view text) {
    trace_.callers = {NamedCaller{"root", superuser()}};
    while (!text.empty() && !problem_) {
      const auto end = std::min(text.find('\n'), text.size());
      ++number_;
      if (text.find_first_not_of(" \t\r") < end) one(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (!problem_ && !has_header_) problem_ = kHeader;
    if (!problem_ && trace_.lowers.empty()) problem_ = "expected a `lower`, found the end of the text";
    if (problem_)
      return TraceOrError{
          .trace = std::nullopt,
          .error = TraceError{.line = std::max<std::size_t>(number_, 1), .column = column_, .what = *problem_}};
    if (!trace_.seen.empty()) trace_.seen.resize(trace_.events.size());
    return TraceOrError{.trace = std::move(trace_), .error = {}};
  }

 private:
  static constexpr const char* kHeader = "expected {\"ovlspec\":\"trace\",\"version\":1}";

  void one(std::string_view text) {
    Json parsed;
    try {
      parsed = Json::parse(text);
    } catch (const Json::parse_error& error) {
      problem_ = "expected a JSON object";
      column_ = error.byte;
      return;
    }
    JsonReader reader(parsed, problem_);
    if (reader.failed()) return;
    line(reader);
    reader.done();
  }

  void line(JsonReader& reader) {
    if (!has_header_) return header(reader);
    if (reader.has("do")) return step(reader);
    if (reader.has("event")) return event(reader);
    if (reader.has("mutate")) return mutation(reader);
    if (!trace_.events.empty()) return reader.fail("expected a key `do`, `event` or `mutate`");
    if (const Json* lower = reader.take("lower")) return image(*lower, trace_.lowers.emplace_back());
    if (const Json* upper = reader.take("upper")) {
      if (trace_.upper) reader.fail("there is an `upper` already");
      return image(*upper, trace_.upper.emplace());
    }
    if (reader.has("caller")) return caller(reader);
    if (reader.has("option")) {
      reader.bytes("option", trace_.options.emplace_back());
      return reader.check(check_option(trace_.options.back()));
    }
    if (reader.has("subject")) return reader.bytes("subject", trace_.subject);
    reader.fail("expected a key `subject`, `option`, `caller`, `lower`, `upper`, `do`, `event` or `mutate`");
  }

  void header(JsonReader& reader) {
    std::string kind;
    unsigned version = 0;
    reader.bytes("ovlspec", kind);
    reader.number("version", version);
    if (kind != "trace" || version != 1) reader.fail(kHeader);
    has_header_ = true;
  }

  void image(const Json& value, LayerImage& image) {
    JsonReader reader(value, problem_);
    JsonFieldReader visitor(reader);
    visitor.place("place", image.place);
    visitor.layer(image.layer);
    reader.done();
    if (trace_.lowers.size() > names::kLayersMax) reader.fail("there are more than 500 layers");
  }

  void caller(JsonReader& reader) {
    NamedCaller named;
    const auto parse_name = [](std::string_view name) {
      return is_caller_name(name) ? std::optional(std::string(name)) : std::nullopt;
    };
    reader.word("caller", named.name, parse_name, "a caller's name");
    reader.number("uid", named.caller.uid);
    reader.number("gid", named.caller.gid);
    groups(reader, named.caller);
    reader.word("umask", named.caller.umask, parse_mode, "an octal umask");
    if (named.caller.umask > limits::kUmask) reader.expected("umask", "777 at most");
    reader.word("caps", named.caller.capabilities, parse_capabilities, "all, none or capabilities");
    const auto known = find_caller(named.name);
    if (known == trace_.callers.begin() && !root_defined_) {
      root_defined_ = true;
      *known = std::move(named);
    } else if (known != trace_.callers.end()) {
      reader.fail("there is a caller `" + named.name + "` already");
    } else if (trace_.callers.size() == limits::kCallers) {
      reader.fail("there are more than 256 callers");
    } else {
      trace_.callers.push_back(std::move(named));
    }
  }

  static void groups(JsonReader& reader, Caller& caller) {
    const Json* groups = reader.take("groups");
    if (groups == nullptr) return;
    bool fits = groups->is_array() && groups->size() <= limits::kGroups;
    for (const Json& group : fits ? *groups : Json::array()) {
      fits = fits && group.is_number_unsigned() && group.get<std::uint64_t>() <= std::numeric_limits<Gid>::max();
      if (fits) caller.groups.push_back(group.get<Gid>());
    }
    if (!fits) reader.expected("groups", "an array of 32 groups at most");
  }

  std::vector<NamedCaller>::iterator find_caller(std::string_view name) {
    return std::find_if(trace_.callers.begin(), trace_.callers.end(),
                        [&](const NamedCaller& caller) { return caller.name == name; });
  }

  void step(JsonReader& reader) {
    Step step;
    reader.word("do", step.operation, operation_from_word, "an operation");
    if (reader.has("by")) {
      std::string name;
      reader.bytes("by", name);
      const auto caller = find_caller(name);
      if (caller == trace_.callers.end()) reader.fail("there is no caller `" + name + "`");
      step.caller = static_cast<std::uint8_t>(caller - trace_.callers.begin());
    }
    JsonFieldReader visitor(reader);
    std::visit([&](auto& o) { fields(visitor, o); }, step.operation);
    reader.check(check_operation(step.operation));
    add(reader, std::move(step));
  }

  void event(JsonReader& reader) {
    const auto parse = [](std::string_view word) -> std::optional<Event> {
      if (word == event_words::kMount) return Mount{};
      if (word == event_words::kUnmount) return Unmount{};
      if (word == event_words::kDropCaches) return DropCaches{};
      if (word == event_words::kCrash) return Crash{};
      return std::nullopt;
    };
    Event event;
    reader.word("event", event, parse, "mount, unmount, drop-caches or crash");
    add(reader, std::move(event));
  }

  void mutation(JsonReader& reader) {
    model::Mutation mutation;
    reader.word("mutate", mutation, mutation_from_word, "a mutation");
    if (model::LayerName* layer = layer_of(mutation)) {
      reader.need("layer");
      read_layer_name(reader, *layer);
    }
    JsonFieldReader visitor(reader);
    std::visit([&](auto& m) { fields(visitor, m); }, mutation);
    add(reader, Mutate{std::move(mutation)});
  }

  static void read_layer_name(JsonReader& reader, model::LayerName& layer) {
    const Json* value = reader.take("layer");
    if (value == nullptr) return;
    layer.upper = value->is_string() && value->get_ref<const std::string&>() == kUpper;
    if (layer.upper) return;
    if (!value->is_number_unsigned() || value->get<std::uint64_t>() > 0xffff)
      return reader.expected("layer", "\"upper\" or a lower's number");
    layer.lower = value->get<std::uint16_t>();
  }

  void add(JsonReader& reader, Event event) {
    trace_.events.push_back(std::move(event));
    const Json* seen = reader.take("seen");
    if (seen == nullptr) return;
    trace_.seen.resize(trace_.events.size());
    read_outcome(*seen, trace_.seen.back().emplace(), problem_);
  }

  Trace trace_;
  Problem problem_;
  std::size_t number_ = 0;
  std::size_t column_ = 0;
  bool has_header_ = false;
  bool root_defined_ = false;
};

}  // namespace

std::string print_jsonl(const Trace& trace) {
  std::string text;
  const auto line = [&](const Json& json) { text.append(json.dump()).append("\n"); };
  line(Json{{"ovlspec", "trace"}, {"version", 1}});
  if (!trace.subject.empty()) line(Json{{"subject", json_bytes(trace.subject)}});
  for (const std::string& option : trace.options) line(Json{{"option", json_bytes(option)}});
  for (std::size_t i = 0; i < trace.callers.size(); ++i)
    if (i != 0 || trace.callers[i].caller != superuser()) line(json_caller(trace.callers[i]));
  for (const LayerImage& lower : trace.lowers) line(Json{{"lower", json_image(lower)}});
  if (trace.upper) line(Json{{"upper", json_image(*trace.upper)}});
  for (std::size_t i = 0; i < trace.events.size(); ++i) {
    Json event = std::visit(EventWriter{trace.callers}, trace.events[i]);
    if (i < trace.seen.size() && trace.seen[i]) event["seen"] = json_outcome(*trace.seen[i]);
    line(event);
  }
  return text;
}

TraceOrError parse_jsonl(std::string_view text) { return Parser().run(text); }

}  // namespace ovlspec::oracle
