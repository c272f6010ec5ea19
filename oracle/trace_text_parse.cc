#include <algorithm>

#include "oracle/text_field_scanner.h"
#include "oracle/text_outcome.h"
#include "oracle/trace_text.h"
#include "oracle/trace_words.h"

namespace ovlspec::oracle {
namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) : scanner_(text) {}

  TraceOrError trace() {
    trace_.callers = {NamedCaller{"root", superuser()}};
    if (header()) {
      while (scanner_.next_line()) {
        line();
        scanner_.line_done();
      }
      finish_image();
      if (!scanner_.failed() && trace_.lowers.empty()) scanner_.fail("a `lower`");
    }
    if (scanner_.failed()) return TraceOrError{.trace = std::nullopt, .error = scanner_.error()};
    if (!trace_.seen.empty()) trace_.seen.resize(trace_.events.size());
    return TraceOrError{.trace = std::move(trace_), .error = {}};
  }

  EventsOrError events(const std::vector<NamedCaller>& callers) {
    trace_.callers = callers;
    in_events_ = true;
    while (scanner_.next_line()) {
      event();
      scanner_.line_done();
    }
    if (scanner_.failed()) return EventsOrError{.events = std::nullopt, .error = scanner_.error()};
    return EventsOrError{.events = std::move(trace_.events), .error = {}};
  }

 private:
  bool header() {
    constexpr std::string_view kHeader = "`ovlspec trace 1`";
    scanner_.next_line();
    if (!scanner_.take("ovlspec") || !scanner_.take("trace")) return scanner_.fail(kHeader);
    if (!scanner_.take("1")) return scanner_.fail("version 1");
    return scanner_.line_done();
  }

  void line() {
    if (scanner_.next_byte() == '=') {
      outcome();
    } else if (in_events_ || !setup()) {
      finish_image();
      in_events_ = true;
      event();
    }
  }

  // Whether the line belongs before the events.
  bool setup() {
    const auto word = scanner_.peek();
    if (image_ != nullptr && is_entry_word(word)) {
      scanner_.take();
      scan_entry(scanner_, word, builder_);
      return true;
    }
    if (scanner_.take("lower")) return lower();
    if (scanner_.take("upper")) return upper();
    if (scanner_.take("caller")) return caller();
    if (scanner_.take("option")) {
      if (scanner_.name(trace_.options.emplace_back(), "a mount option"))
        scanner_.check(check_option(trace_.options.back()));
      return true;
    }
    if (scanner_.take("subject")) {
      scanner_.name(trace_.subject, "a subject");
      return true;
    }
    if (scanner_.take("events")) {
      finish_image();
      in_events_ = true;
      return true;
    }
    return false;
  }

  void finish_image() {
    if (image_ != nullptr) image_->layer = builder_.take();
    image_ = nullptr;
    builder_ = LayerBuilder();
  }

  bool lower() {
    finish_image();
    std::size_t number = 0;
    const std::size_t next = trace_.lowers.size();
    const auto is_next = [&](std::string_view text) {
      const auto parsed = parse_number<std::size_t>(text);
      return parsed && *parsed == next ? parsed : std::nullopt;
    };
    scanner_.value(number, is_next, "the number " + std::to_string(next));
    if (next == names::kLayersMax) scanner_.check("there are more than 500 layers");
    return start_image(trace_.lowers.emplace_back());
  }

  bool upper() {
    finish_image();
    if (trace_.upper) scanner_.check("there is an `upper` already");
    return start_image(trace_.upper.emplace());
  }

  bool start_image(LayerImage& image) {
    image_ = &image;
    FieldScanner(scanner_).place("place", image.place);
    return true;
  }

  bool caller() {
    NamedCaller named;
    named.name = scanner_.take();
    if (!scanner_.failed() && !is_caller_name(named.name))
      scanner_.check("expected a caller's name, found `" + named.name + "`");
    while (!scanner_.failed() && !scanner_.at_end()) caller_attribute(named.caller);
    if (scanner_.failed()) return true;
    const auto same_name = [&](const NamedCaller& other) { return other.name == named.name; };
    const auto known = std::find_if(trace_.callers.begin(), trace_.callers.end(), same_name);
    if (known == trace_.callers.begin() && !root_defined_) {
      root_defined_ = true;
      *known = std::move(named);
    } else if (known != trace_.callers.end()) {
      scanner_.check("there is a caller `" + named.name + "` already");
    } else if (trace_.callers.size() == limits::kCallers) {
      scanner_.check("there are more than 256 callers");
    } else {
      trace_.callers.push_back(std::move(named));
    }
    return true;
  }

  bool caller_attribute(Caller& caller) {
    const auto key = scanner_.take_until('=');
    if (!key) return scanner_.fail("uid=, gid=, groups=, umask= or caps=");
    scanner_.take_byte('=');
    if (*key == "uid") return scanner_.value(caller.uid, parse_number<Uid>, "a uid");
    if (*key == "gid") return scanner_.value(caller.gid, parse_number<Gid>, "a gid");
    if (*key == "groups") return scanner_.value(caller.groups, parse_groups, "32 groups at most, as 4,5");
    if (*key == "umask") return scanner_.value(caller.umask, parse_umask, "an octal umask, 0777 at most");
    if (*key == "caps") return scanner_.value(caller.capabilities, parse_capabilities, "all, none or capabilities");
    return scanner_.check("expected uid=, gid=, groups=, umask= or caps=, found `" + std::string(*key) + "=`");
  }

  static std::optional<Mode> parse_umask(std::string_view text) {
    const auto mode = parse_mode(text);
    return mode && *mode <= limits::kUmask ? mode : std::nullopt;
  }

  static std::optional<std::vector<Gid>> parse_groups(std::string_view text) {
    std::vector<Gid> groups;
    for (std::size_t begin = 0; begin <= text.size();) {
      const auto end = std::min(text.find(',', begin), text.size());
      const auto group = parse_number<Gid>(text.substr(begin, end - begin));
      if (!group || groups.size() == limits::kGroups) return std::nullopt;
      groups.push_back(*group);
      begin = end + 1;
    }
    return groups;
  }

  void event() {
    const auto word = scanner_.peek();
    if (auto operation = operation_from_word(word)) {
      scanner_.take();
      step(0, std::move(*operation));
    } else if (scanner_.take(event_words::kMount)) {
      trace_.events.emplace_back(Mount{});
    } else if (scanner_.take(event_words::kUnmount)) {
      trace_.events.emplace_back(Unmount{});
    } else if (scanner_.take(event_words::kDropCaches)) {
      trace_.events.emplace_back(DropCaches{});
    } else if (scanner_.take(event_words::kCrash)) {
      trace_.events.emplace_back(Crash{});
    } else if (scanner_.take(event_words::kMutate)) {
      mutation();
    } else {
      step_of_caller(word);
    }
  }

  void step_of_caller(std::string_view name) {
    const auto same_name = [&](const NamedCaller& caller) { return caller.name == name; };
    const auto caller = std::find_if(trace_.callers.begin(), trace_.callers.end(), same_name);
    if (caller != trace_.callers.end()) scanner_.take();
    auto operation = operation_from_word(scanner_.peek());
    if (!operation) {
      scanner_.fail("an operation");
      return;
    }
    scanner_.take();
    step(static_cast<std::uint8_t>(caller - trace_.callers.begin()), std::move(*operation));
  }

  void step(std::uint8_t caller, Operation operation) {
    Step& step = std::get<Step>(trace_.events.emplace_back(Step{caller, std::move(operation)}));
    FieldScanner visitor(scanner_);
    std::visit([&](auto& o) { fields(visitor, o); }, step.operation);
    scanner_.check(check_operation(step.operation));
  }

  void mutation() {
    std::optional<model::LayerName> layer;
    if (scanner_.take("upper")) {
      layer = model::LayerName{.upper = true};
    } else if (scanner_.take("lower")) {
      layer.emplace();
      scanner_.value(layer->lower, parse_number<std::uint16_t>, "a lower's number");
    }
    auto mutation = mutation_from_word(scanner_.peek());
    if (!mutation || (layer_of(*mutation) != nullptr) != layer.has_value()) {
      scanner_.fail(layer ? "a change of a layer" : "`upper`, `lower N` or a change of the stack");
      return;
    }
    scanner_.take();
    if (layer) *layer_of(*mutation) = *layer;
    Mutate& event = std::get<Mutate>(trace_.events.emplace_back(Mutate{std::move(*mutation)}));
    FieldScanner visitor(scanner_);
    std::visit([&](auto& m) { fields(visitor, m); }, event.mutation);
  }

  void outcome() {
    const std::size_t events = trace_.events.size();
    if (!in_events_ || events == 0 || trace_.seen.size() == events) {
      scanner_.fail("an event before its outcome");
      return;
    }
    scanner_.take_byte('=');
    trace_.seen.resize(events);
    scan_outcome(scanner_, trace_.seen.back().emplace());
  }

  TextScanner scanner_;
  Trace trace_;
  LayerImage* image_ = nullptr;  // whose entries are being read
  LayerBuilder builder_;
  bool in_events_ = false;
  bool root_defined_ = false;
};

}  // namespace

TraceOrError parse_text(std::string_view text) { return Parser(text).trace(); }

EventsOrError parse_events(std::string_view text, const std::vector<NamedCaller>& callers) {
  return Parser(text).events(callers);
}

}  // namespace ovlspec::oracle
