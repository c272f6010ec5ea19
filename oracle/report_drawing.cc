// Layers as boxes with trees of names.
#include <fmt/format.h>

#include <map>

#include "model/describe.h"
#include "oracle/report_page.h"

namespace ovlspec::oracle {
namespace {

using model::Layer;
using model::ObjectId;

constexpr std::size_t kNamesAtMost = 60;  // of a layer
constexpr std::size_t kContentAtMost = 24;

std::string name_text(const std::string& name) { return html_text(name, Newlines::kEscaped); }

class Drawing {
 public:
  Drawing(const Layer& layer, const Layer* before) : layer_(layer), before_(before) {}

  std::string entries(ObjectId directory, const std::string& path) {
    std::string text;
    for (const model::Entry& entry : layer_.tree[directory].entries) {
      if (++names_ > kNamesAtMost) break;
      text += entry_text(entry, path.empty() ? entry.name : path + "/" + entry.name);
    }
    return text.empty() ? text : "<ul>" + text + "</ul>";
  }
  bool is_cut() const { return names_ > kNamesAtMost; }

 private:
  std::string entry_text(const model::Entry& entry, const std::string& path) {
    const model::Inode& inode = layer_.tree[entry.object];
    const model::Marks& marks = layer_.mark(entry.object);
    const bool is_new = before_ != nullptr && !before_->tree.at(path);
    const char* kind = marks.whiteout ? "gone" : is_new ? "is-new" : "there";
    const bool is_directory = inode.is(FileType::kDirectory);
    std::string text =
        fmt::format("<li><code class=\"{}\">{}{}</code>", kind, name_text(entry.name), is_directory ? "/" : "");
    const auto [first, is_first] = first_.try_emplace(entry.object, path);
    if (!is_first) return text + mark("hard link of " + first->second) + "</li>";
    if (marks.whiteout) return text + mark("whiteout") + "</li>";
    text += description(inode);
    if (marks.opaque) text += mark("opaque");
    if (marks.redirect) text += mark("redirect " + *marks.redirect);
    if (marks.origin) text += mark("copied up");
    return text + (is_directory ? entries(entry.object, path) : "") + "</li>";
  }

  static std::string mark(const std::string& what) { return " <span class=\"mark\">" + name_text(what) + "</span>"; }

  static std::string content_text(const model::Content& content) {
    if (content.data().empty()) return fmt::format("{} zero bytes", content.size());
    const std::string beginning = content.data().substr(0, kContentAtMost);
    const bool is_cut = beginning.size() < content.size();
    return model::quoted(beginning) + (is_cut ? fmt::format("... {} bytes", content.size()) : "");
  }

  static std::string description(const model::Inode& inode) {
    std::string text;
    const bool is_usual = inode.mode == (inode.is(FileType::kDirectory) ? 0755U : 0644U);
    const auto add = [&text](const std::string& what) { text += (text.empty() ? "" : ", ") + what; };
    if (!inode.is(FileType::kDirectory) && !inode.is(FileType::kRegular) && !inode.is(FileType::kSymlink))
      add(std::string(model::describe(inode.type)));
    if (!is_usual && !inode.is(FileType::kSymlink)) add(model::octal(inode.mode));
    if (inode.uid != 0 || inode.gid != 0) add(fmt::format("{}:{}", inode.uid, inode.gid));
    if (inode.is(FileType::kSymlink)) add("to " + inode.content.data().substr(0, kContentAtMost));
    if (inode.is(FileType::kRegular) && inode.content.size() > 0) add(content_text(inode.content));
    for (const model::Xattr& xattr : inode.xattrs) add(xattr.name);
    return text.empty() ? text : " <span class=\"soft small\">" + name_text(text) + "</span>";
  }

  const Layer& layer_;
  const Layer* before_;
  std::map<ObjectId, std::string> first_;
  std::size_t names_ = 0;
};

std::string box(const std::string& title, const Layer& layer, const Layer* before) {
  Drawing drawing(layer, before);
  std::string entries = drawing.entries(model::kRoot, "");
  if (entries.empty()) entries = "<div class=\"soft small\">empty</div>";
  if (drawing.is_cut()) entries += "<div class=\"soft small\">and more</div>";
  return fmt::format("<div class=\"layer\"><div class=\"title\">{}</div>{}</div>\n", html_text(title), entries);
}

}  // namespace

std::string drawing_of(const model::Layers& layers, const model::Layers* before) {
  std::string text;
  if (layers.upper) {
    const Layer* const old = before != nullptr && before->upper ? &*before->upper : nullptr;
    text += box("upper", *layers.upper, old);
  }
  // Lowers that came or went have no counterparts.
  const bool same_stack = before != nullptr && before->lowers.size() == layers.lowers.size();
  for (std::size_t i = 0; i < layers.lowers.size(); ++i)
    text += box(fmt::format("lower {}", i), layers.lowers[i], same_stack ? &before->lowers[i] : nullptr);
  return text;
}

}  // namespace ovlspec::oracle
