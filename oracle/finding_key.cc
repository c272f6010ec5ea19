#include "oracle/finding_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "oracle/trace_fields.h"
#include "oracle/trace_words.h"

namespace ovlspec::oracle {
namespace {

// Names by the order in which they are met, in all directories alike.
class Names {
 public:
  std::string of(std::string_view path) {
    std::string text = path.empty() || path.front() == '/' ? "/" : "";
    while (!path.empty()) {
      const auto slash = std::min(path.find('/'), path.size());
      if (slash > 0) text += component(path.substr(0, slash)) + (slash < path.size() ? "/" : "");
      path.remove_prefix(std::min(slash + 1, path.size()));
    }
    return text;
  }
  std::string component(std::string_view name) {
    if (name == "." || name == "..") return std::string(name);
    const auto [it, first] = numbers_.try_emplace(std::string(name), numbers_.size());
    return "n" + std::to_string(it->second);
  }

 private:
  std::map<std::string, std::size_t> numbers_;
};

std::string marks_text(const model::Marks& marks) {
  return std::string(marks.opaque ? " opaque" : "") + (marks.redirect ? " redirect" : "") +
         (marks.metacopy ? " metacopy" : "") +
         (marks.origin ? " origin" : "");
}

std::string layer_text(const model::Layer& layer, Names& names);

// The members of operations and mutations that are part of a shape.
class ShapeVisitor {
 public:
  ShapeVisitor(std::string& text, Names& names) : text_(text), names_(names) {}

  void path(std::string_view, const std::string& value) { add(names_.of(value)); }
  void layer_path(std::string_view, const std::string& value) { add(names_.of(value)); }
  void bytes(std::string_view, const std::string&) {}
  void xattr_name(std::string_view, const std::string& value) { add(value.substr(0, value.find('.'))); }
  void target(const Target& value) {
    if (value.slot) return slot("slot", *value.slot);
    add(names_.of(value.path));
    if (value.follow == Follow::kNoFollow) add("nofollow");
  }
  // Which descriptor it is follows from the order of opens, mostly.
  void slot(std::string_view, Slot) { add("slot"); }
  void offset(std::string_view, FileSize) {}
  void size(std::string_view, FileSize) {}
  void count(std::string_view, std::uint32_t) {}
  void index(std::string_view, std::uint16_t value) { add(std::to_string(value)); }
  void place(std::string_view, std::uint8_t value) { add(value == 0 ? "here" : "elsewhere"); }
  void flags(std::string_view, const OpenFlags& value) { add(flags_text(value)); }
  void mode(std::string_view, Mode) {}
  void optional_mode(std::string_view, Mode) {}
  template <typename Enum>
  void choice(std::string_view, Enum value, Enum) {
    add(word_of(value));
  }
  void flag(std::string_view name, bool value) {
    if (value) add(name);
  }
  void type(std::string_view, FileType value) { add(word_of(value)); }
  void device(std::string_view, Device) {}
  void id(std::string_view, std::optional<std::uint32_t>) {}
  void time_change(std::string_view, const TimeChange&) {}
  void object(const std::string& path, const model::Inode& inode, const model::Marks& marks) {
    add(names_.of(path));
    add(marks.whiteout ? "whiteout" : word_of(inode.type));
    text_ += marks_text(marks);
  }
  void layer(const model::Layer& value) { add(layer_text(value, names_)); }

 private:
  void add(std::string_view word) { (text_ += ' ') += word; }

  std::string& text_;
  Names& names_;
};

struct EventShape {
  Names& names;
  std::string operator()(const Step& step) const {
    std::string text(operation_word(step.operation));
    ShapeVisitor visitor(text, names);
    std::visit([&](const auto& operation) { fields(visitor, operation); }, step.operation);
    return text + (step.caller == 0 ? "" : " by another");
  }
  std::string operator()(const Mount&) const { return "mount"; }
  std::string operator()(const Unmount&) const { return "unmount"; }
  std::string operator()(const DropCaches&) const { return "drop-caches"; }
  std::string operator()(const Crash&) const { return "crash"; }
  std::string operator()(const Mutate& mutate) const {
    std::string text(mutation_word(mutate.mutation));
    if (const model::LayerName* layer = layer_of(mutate.mutation))
      text += layer->upper ? " upper" : " lower " + std::to_string(layer->lower);
    ShapeVisitor visitor(text, names);
    std::visit([&](const auto& mutation) { fields(visitor, mutation); }, mutate.mutation);
    return text;
  }
};

void add_entries(const model::Layer& layer, model::ObjectId directory, const std::string& path, Names& names,
                 std::map<model::ObjectId, std::string>& first, std::vector<std::string>& lines) {
  for (const model::Entry& entry : layer.tree[directory].entries) {
    const std::string here = path + "/" + names.component(entry.name);
    const model::Inode& inode = layer.tree[entry.object];
    const model::Marks& marks = layer.mark(entry.object);
    const auto [it, is_first] = first.try_emplace(entry.object, here);
    const std::string what = is_first
                                 ? std::string(marks.whiteout ? "whiteout" : word_of(inode.type)) + marks_text(marks)
                                 : "link " + it->second;
    lines.push_back(here + " " + what);
    if (inode.is(FileType::kDirectory)) add_entries(layer, entry.object, here, names, first, lines);
  }
}

std::string layer_text(const model::Layer& layer, Names& names) {
  std::vector<std::string> lines;
  std::map<model::ObjectId, std::string> first;
  add_entries(layer, model::kRoot, "", names, first, lines);
  std::sort(lines.begin(), lines.end());
  return fmt::format("{{{}}}", fmt::join(lines, "; "));
}

// FNV-1a.
std::uint64_t digest(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

}  // namespace

std::string shape_of(const Trace& trace) {
  Names names;
  // Events first: theirs are the names that matter.
  std::string events;
  for (const Event& event : trace.events) events += std::visit(EventShape{names}, event) + "\n";
  std::string layers;
  const auto add = [&](const char* what, const LayerImage& image) {
    layers += fmt::format("{}{} {}\n", what, image.place == 0 ? "" : " elsewhere", layer_text(image.layer, names));
  };
  for (const LayerImage& lower : trace.lowers) add("lower", lower);
  if (trace.upper) add("upper", *trace.upper);
  return layers + fmt::format("options {}\n", fmt::join(trace.options, ",")) + events;
}

std::string operation_of(const Finding& finding) {
  return finding.operation ? std::string(operation_word(*finding.operation)) : "layers";
}

std::string key_of(const Finding& finding, const Trace& shrunk) {
  constexpr unsigned kDigits = 48;  // bits
  return fmt::format("{} {} {:012x}", text_of(finding.rule).id, operation_of(finding),
                     digest(shape_of(shrunk)) & ((std::uint64_t{1} << kDigits) - 1));
}

std::string beginning_of(const std::string& what) {
  std::size_t end = 0;
  while (end < what.size() && (what[end] < '0' || what[end] > '9')) {
    if (what[end] == '"' && what.compare(end + 1, 1, ".") != 0) break;
    // The quote that ends it.
    if (what[end] == '"') end = what.find('"', end + 1);
    if (end == std::string::npos) return what;
    ++end;
  }
  return what.substr(0, end);
}

bool same_kind(const Finding& a, const Finding& b) { return a.rule == b.rule && operation_of(a) == operation_of(b); }

}  // namespace ovlspec::oracle
