#include "oracle/text_layer.h"
#include "oracle/text_outcome.h"
#include "oracle/trace_fields.h"
#include "oracle/trace_text.h"
#include "oracle/trace_words.h"

namespace ovlspec::oracle {
namespace {

class FieldPrinter {
 public:
  explicit FieldPrinter(std::string& text) : text_(text) {}

  void path(std::string_view, const std::string& value) { append_name(blank(), value); }
  void layer_path(std::string_view, const std::string& value) { append_layer_path(blank(), value); }
  void bytes(std::string_view, const std::string& value) { append_quoted(blank(), value); }
  void xattr_name(std::string_view, const std::string& value) {
    // Without a point it could be taken for a word of the operation.
    if (value.find('.') == std::string::npos)
      append_quoted(blank(), value);
    else
      append_name(blank(), value);
  }
  void target(const Target& target) {
    if (target.slot) {
      slot({}, *target.slot);
      return;
    }
    append_name(blank(), target.path);
    if (target.follow == Follow::kNoFollow) blank() += word_of(Follow::kNoFollow);
  }
  void slot(std::string_view, Slot value) { blank().append("%").append(std::to_string(value)); }
  void offset(std::string_view, FileSize value) { blank().append("@").append(std::to_string(value)); }
  void size(std::string_view, FileSize value) { blank() += std::to_string(value); }
  void count(std::string_view name, std::uint32_t value) {
    if (value != 0) key(name) += std::to_string(value);
  }
  void index(std::string_view, std::uint16_t value) { blank() += std::to_string(value); }
  void place(std::string_view name, std::uint8_t value) { key(name) += std::to_string(value); }
  void flags(std::string_view, const OpenFlags& value) { blank() += flags_text(value); }
  void mode(std::string_view, Mode value) { blank() += mode_text(value); }
  void optional_mode(std::string_view name, Mode value) {
    if (value != 0) mode(name, value);
  }
  template <typename Enum>
  void choice(std::string_view, Enum value, Enum by_default) {
    if (value != by_default) blank() += word_of(value);
  }
  void flag(std::string_view name, bool value) {
    if (value) blank() += name;
  }
  void type(std::string_view, FileType value) { blank() += word_of(value); }
  void device(std::string_view, Device value) {
    if (value != Device{}) blank() += device_text(value);
  }
  void id(std::string_view name, std::optional<std::uint32_t> value) {
    if (value) key(name) += std::to_string(*value);
  }
  void time_change(std::string_view name, const TimeChange& value) {
    if (value.kind != TimeChange::Kind::kOmit) key(name) += time_change_text(value);
  }
  void object(const std::string& path, const model::Inode& inode, const model::Marks& marks) {
    print_object(blank(), path, inode, marks);
  }
  void layer(const model::Layer& layer) {
    text_ += '\n';
    print_entries(text_, layer, "  ");
    text_ += "end";
  }

 private:
  std::string& blank() { return text_ += ' '; }
  std::string& key(std::string_view name) { return blank().append(name).append("="); }

  std::string& text_;
};

void print_operation(std::string& text, const Operation& operation) {
  text += operation_word(operation);
  FieldPrinter printer(text);
  std::visit([&](const auto& o) { fields(printer, o); }, operation);
}

void print_mutation(std::string& text, const model::Mutation& mutation) {
  text += event_words::kMutate;
  if (const model::LayerName* layer = layer_of(mutation))
    text += layer->upper ? " upper" : " lower " + std::to_string(layer->lower);
  text.append(" ").append(mutation_word(mutation));
  FieldPrinter printer(text);
  std::visit([&](const auto& m) { fields(printer, m); }, mutation);
}

struct EventPrinter {
  std::string& text;
  const std::vector<NamedCaller>& callers;
  void operator()(const Step& step) const {
    if (step.caller != 0) text.append(callers[step.caller].name).append(" ");
    print_operation(text, step.operation);
  }
  void operator()(const Mount&) const { text += event_words::kMount; }
  void operator()(const Unmount&) const { text += event_words::kUnmount; }
  void operator()(const DropCaches&) const { text += event_words::kDropCaches; }
  void operator()(const Crash&) const { text += event_words::kCrash; }
  void operator()(const Mutate& mutate) const { print_mutation(text, mutate.mutation); }
};

void print_caller(std::string& text, const NamedCaller& named) {
  const Caller& caller = named.caller;
  text.append("caller ").append(named.name).append(" uid=").append(std::to_string(caller.uid));
  text.append(" gid=").append(std::to_string(caller.gid));
  for (std::size_t i = 0; i < caller.groups.size(); ++i)
    text.append(i == 0 ? " groups=" : ",").append(std::to_string(caller.groups[i]));
  if (caller.umask != 0) text.append(" umask=0").append(mode_text(caller.umask));
  text.append(" caps=").append(capabilities_text(caller.capabilities)).append("\n");
}

void print_image(std::string& text, std::string_view which, const LayerImage& image) {
  text.append(which).append(" place=").append(std::to_string(image.place)).append("\n");
  print_entries(text, image.layer, "  ");
}

void print_setup(std::string& text, const Trace& trace) {
  if (!trace.subject.empty()) {
    append_name(text += "subject ", trace.subject);
    text += '\n';
  }
  for (const std::string& option : trace.options) {
    append_name(text += "option ", option);
    text += '\n';
  }
  for (std::size_t i = 0; i < trace.callers.size(); ++i)
    if (i != 0 || trace.callers[i].caller != superuser()) print_caller(text, trace.callers[i]);
  for (std::size_t i = 0; i < trace.lowers.size(); ++i)
    print_image(text, "lower " + std::to_string(i), trace.lowers[i]);
  if (trace.upper) print_image(text, "upper", *trace.upper);
}

}  // namespace

std::string operation_text(const Operation& operation) {
  std::string text;
  print_operation(text, operation);
  return text;
}

std::string event_text(const Event& event, const std::vector<NamedCaller>& callers) {
  std::string text;
  std::visit(EventPrinter{text, callers}, event);
  return text;
}

std::string outcome_text(const Outcome& outcome) {
  std::string text;
  print_outcome(text, outcome);
  return text;
}

std::string print_text(const Trace& trace) {
  std::string text = "ovlspec trace 1\n";
  print_setup(text, trace);
  if (!trace.events.empty() && std::holds_alternative<Step>(trace.events.front())) text += "events\n";
  for (std::size_t i = 0; i < trace.events.size(); ++i) {
    const bool step = std::holds_alternative<Step>(trace.events[i]);
    if (step) text += "  ";
    std::visit(EventPrinter{text, trace.callers}, trace.events[i]);
    text += '\n';
    if (i >= trace.seen.size() || !trace.seen[i]) continue;
    text += step ? "    = " : "  = ";
    print_outcome(text, *trace.seen[i]);
    text += '\n';
  }
  return text;
}

}  // namespace ovlspec::oracle
