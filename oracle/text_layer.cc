#include "oracle/text_layer.h"

#include "oracle/trace_words.h"

namespace ovlspec::oracle {
namespace {

constexpr std::string_view kWhiteout = "whiteout";
constexpr std::string_view kLink = "link";
constexpr std::string_view kOpaque = "opaque";
constexpr std::string_view kMetacopy = "metacopy";
constexpr std::string_view kEntry = "an entry's attribute";

Mode default_mode(FileType type) {
  switch (type) {
    case FileType::kDirectory: return 0755;
    case FileType::kSymlink: return 0777;
    case FileType::kRegular:
    case FileType::kCharDevice:
    case FileType::kBlockDevice:
    case FileType::kFifo:
    case FileType::kSocket: return 0644;
  }
  return 0644;
}

bool is_device(FileType type) { return type == FileType::kCharDevice || type == FileType::kBlockDevice; }

// Whether an extended attribute's name cannot be taken for anything else in an entry.
bool is_bare_key(std::string_view name) {
  const bool letter = !name.empty() && ((name[0] >= 'a' && name[0] <= 'z') || (name[0] >= 'A' && name[0] <= 'Z'));
  return letter && is_bare(name) && name.find('.') != std::string_view::npos &&
         name.find('=') == std::string_view::npos;
}

void print_xattr(std::string& text, const model::Xattr& xattr) {
  text += ' ';
  if (is_bare_key(xattr.name))
    text += xattr.name;
  else
    append_quoted(text, xattr.name);
  text += '=';
  append_quoted(text, xattr.value);
}

void print_time(std::string& text, std::string_view key, const model::FreeTime& time) {
  if (time == model::FreeTime{}) return;
  text.append(" ").append(key).append("=").append(free_time_text(time));
}

void print_number(std::string& text, std::string_view key, std::uint64_t number) {
  if (number != 0) text.append(" ").append(key).append("=").append(std::to_string(number));
}

void print_marks(std::string& text, const model::Marks& marks) {
  if (marks.opaque) text.append(" ").append(kOpaque);
  if (marks.metacopy) text.append(" ").append(kMetacopy);
  if (marks.redirect) {
    text += " redirect=";
    append_quoted(text, *marks.redirect);
  }
  if (marks.origin) text.append(" origin=").append(origin_text(*marks.origin));
  if (marks.backing != model::Backing{}) text.append(" backing=").append(backing_text(marks.backing));
}

void print_inode(std::string& text, const model::Inode& inode) {
  print_number(text, "uid", inode.uid);
  print_number(text, "gid", inode.gid);
  print_time(text, "atime", inode.access_time);
  print_time(text, "mtime", inode.modify_time);
  const auto& content = inode.content;
  if (content.data().size() != content.size()) print_number(text, "size", content.size());
  for (const model::Xattr& xattr : inode.xattrs) print_xattr(text, xattr);
  if (content.data().empty()) return;
  text += ' ';
  append_quoted(text, content.data());
}

// Reads what follows an entry's path.
class AttributeReader {
 public:
  AttributeReader(TextScanner& scanner, model::Inode& inode, model::Marks& marks)
      : scanner_(scanner), inode_(inode), marks_(marks) {}

  bool run() {
    if (!mode() || !device()) return false;
    while (!scanner_.at_end())
      if (!attribute()) return false;
    return finish();
  }

 private:
  bool starts_with_digit() {
    const char byte = scanner_.next_byte();
    return byte >= '0' && byte <= '9';
  }

  bool mode() {
    inode_.mode = marks_.whiteout ? 0 : default_mode(inode_.type);
    if (!starts_with_digit() && !is_device(inode_.type)) return true;
    if (marks_.whiteout) return true;
    return scanner_.value(inode_.mode, parse_mode, "an octal mode, 7777 at most");
  }

  bool device() {
    if (marks_.whiteout || !is_device(inode_.type)) return true;
    return scanner_.value(inode_.device, parse_device, "a device MAJOR:MINOR");
  }

  bool attribute() {
    if (scanner_.next_byte() == '"') return quoted();
    if (scanner_.take(kOpaque)) {
      marks_.opaque = true;
      return true;
    }
    if (scanner_.take(kMetacopy)) {
      marks_.metacopy = true;
      return true;
    }
    const auto key = scanner_.take_until('=');
    if (!key) return scanner_.fail(kEntry);
    scanner_.take_byte('=');
    return keyed(*key);
  }

  // A string: the content, or the name of an extended attribute.
  bool quoted() {
    std::string text;
    if (!scanner_.string(text, "a string")) return false;
    if (scanner_.take_byte('=')) return xattr(text);
    if (has_content_) return scanner_.check("an entry has one content");
    has_content_ = true;
    content_ = std::move(text);
    return true;
  }

  bool keyed(std::string_view key) {
    if (key == "uid") return scanner_.value(inode_.uid, parse_number<Uid>, "a uid");
    if (key == "gid") return scanner_.value(inode_.gid, parse_number<Gid>, "a gid");
    if (key == "atime") return scanner_.value(inode_.access_time, parse_free_time, "a time, or `?`");
    if (key == "mtime") return scanner_.value(inode_.modify_time, parse_free_time, "a time, or `?`");
    if (key == "size") return size();
    if (key == "redirect") return scanner_.name(marks_.redirect.emplace(), "a redirect");
    if (key == "origin")
      return scanner_.value(marks_.origin.emplace(), parse_origin, "an origin A:B:C or A:B:C:linked");
    if (key == "backing") return scanner_.value(marks_.backing, parse_backing, "a backing inode A:B:C");
    if (key.find('.') == std::string_view::npos)
      return scanner_.check("expected " + std::string(kEntry) + ", found `" + std::string(key) + "=`");
    return xattr(key);
  }

  bool size() {
    FileSize size = 0;
    if (!scanner_.value(size, parse_number<FileSize>, "a size in bytes")) return false;
    if (size > kFileSizeLimit) return scanner_.check("a size is " + std::to_string(kFileSizeLimit) + " bytes at most");
    size_ = size;
    return true;
  }

  bool xattr(std::string_view name) {
    std::string value;
    if (inode_.xattr(name) != nullptr) return scanner_.check("an extended attribute is there twice");
    if (!scanner_.string(value, "a value in quotes")) return false;
    model::set_xattr(inode_, name, std::move(value));
    return true;
  }

  bool finish() {
    if (size_ && *size_ < content_.size()) return scanner_.check("the size is smaller than the content");
    inode_.content = model::Content(std::move(content_));
    if (size_) inode_.content.resize(*size_);
    return true;
  }

  TextScanner& scanner_;
  model::Inode& inode_;
  model::Marks& marks_;
  bool has_content_ = false;
  std::string content_;
  std::optional<FileSize> size_;
};

}  // namespace

void append_layer_path(std::string& text, std::string_view path) { append_name(text, path.empty() ? "." : path); }

void print_object(std::string& text, std::string_view path, const model::Inode& inode, const model::Marks& marks) {
  text += marks.whiteout ? kWhiteout : word_of(inode.type);
  text += ' ';
  append_layer_path(text, path);
  if (!marks.whiteout && !(inode.is(FileType::kSymlink) && inode.mode == default_mode(inode.type)))
    text.append(" ").append(mode_text(inode.mode));
  if (!marks.whiteout && is_device(inode.type)) text.append(" ").append(device_text(inode.device));
  print_marks(text, marks);
  if (!marks.whiteout) print_inode(text, inode);
}

void print_entries(std::string& text, const model::Layer& layer, std::string_view indent) {
  for (const LayerEntry& entry : entries_of(layer)) {
    const model::Inode& inode = layer.tree[entry.object];
    const model::Marks& marks = layer.mark(entry.object);
    std::string line;
    if (entry.link_of) {
      line.append(kLink).append(" ");
      append_name(line, entry.path);
      line += ' ';
      append_name(line, *entry.link_of);
    } else {
      print_object(line, entry.path, inode, marks);
    }
    if (entry.path.empty() && line == "dir . 755") continue;
    text.append(indent).append(line).append("\n");
  }
}

bool is_entry_word(std::string_view word) {
  return word == kWhiteout || word == kLink || from_word<FileType>(word).has_value();
}

bool scan_layer_path(TextScanner& scanner, std::string& path) {
  if (!scanner.name(path, "a path within the layer")) return false;
  if (path == ".") path.clear();
  return scanner.check(check_layer_path(path));
}

bool scan_object(TextScanner& scanner, std::string_view kind, std::string& path, model::Inode& inode,
                 model::Marks& marks) {
  const auto type = from_word<FileType>(kind);
  marks.whiteout = kind == kWhiteout;
  if (!type && !marks.whiteout) return scanner.check("expected a kind of object, found `" + std::string(kind) + "`");
  inode.type = type.value_or(FileType::kCharDevice);
  if (!scan_layer_path(scanner, path) || !AttributeReader(scanner, inode, marks).run()) return false;
  if (marks.whiteout && !(inode == whiteout_inode())) return scanner.check("a whiteout has no attributes");
  return scanner.check(check_object(inode, marks));
}

bool scan_entry(TextScanner& scanner, std::string_view kind, LayerBuilder& layer) {
  std::string path;
  if (kind == kLink) {
    std::string to;
    if (!scan_layer_path(scanner, path) || !scan_layer_path(scanner, to)) return false;
    return scanner.check(layer.link(path, to));
  }
  model::Inode inode;
  model::Marks marks;
  if (!scan_object(scanner, kind, path, inode, marks)) return false;
  return scanner.check(layer.add(path, std::move(inode), std::move(marks)));
}

}  // namespace ovlspec::oracle
