#include "oracle/text_outcome.h"

#include "oracle/trace_words.h"

namespace ovlspec::oracle {
namespace {

constexpr std::string_view kOk = "ok";
constexpr std::string_view kNames = "names";
constexpr std::string_view kEntries = "entries";
constexpr std::string_view kStatus = "status";
constexpr std::string_view kReadOnly = "read-only";

// Appends " key=value" where the value is not the default.
class KeyPrinter {
 public:
  explicit KeyPrinter(std::string& text) : text_(text) {}
  void number(std::string_view key, std::uint64_t value, std::uint64_t by_default) {
    if (value != by_default) text_.append(" ").append(key).append("=").append(std::to_string(value));
  }
  void time(std::string_view key, Time value) {
    if (value != Time{}) text_.append(" ").append(key).append("=").append(time_text(value));
  }

 private:
  std::string& text_;
};

void print_attributes(std::string& text, const Attributes& attributes) {
  KeyPrinter keys(text);
  text.append(word_of(attributes.type)).append(" ").append(mode_text(attributes.mode));
  keys.number("links", attributes.links, 1);
  keys.number("uid", attributes.uid, 0);
  keys.number("gid", attributes.gid, 0);
  if (attributes.device != Device{}) text.append(" device=").append(device_text(attributes.device));
  keys.number("size", attributes.size, 0);
  keys.number("blocks", attributes.blocks, 0);
  keys.time("atime", attributes.access_time);
  keys.time("mtime", attributes.modify_time);
  keys.time("ctime", attributes.change_time);
  keys.number("ino", attributes.number, 0);
  keys.number("dev", attributes.file_system, 0);
}

void print_entry(std::string& text, const DirectoryEntry& entry) {
  text += ' ';
  if (entry.name.find('=') == std::string::npos)
    append_name(text, entry.name);
  else
    append_quoted(text, entry.name);
  text.append(entry.type_known ? "=" : "=?")
      .append(word_of(entry.type))
      .append("/")
      .append(std::to_string(entry.number));
}

struct PayloadPrinter {
  std::string& text;
  void operator()(std::monostate) const {}
  void operator()(const std::string& bytes) const {
    text += ' ';
    append_quoted(text, bytes);
  }
  void operator()(std::uint64_t number) const { text.append(" ").append(std::to_string(number)); }
  void operator()(const Attributes& attributes) const {
    text += ' ';
    print_attributes(text, attributes);
  }
  void operator()(const std::vector<std::string>& names) const {
    text.append(" ").append(kNames);
    for (const std::string& name : names) {
      text += ' ';
      append_name(text, name);
    }
  }
  void operator()(const std::vector<DirectoryEntry>& entries) const {
    text.append(" ").append(kEntries);
    for (const DirectoryEntry& entry : entries) print_entry(text, entry);
  }
  void operator()(const FileSystemStatus& status) const {
    text.append(" ").append(kStatus).append(" name_max=").append(std::to_string(status.name_max));
    text.append(" block_size=").append(std::to_string(status.block_size));
    if (status.read_only) text.append(" ").append(kReadOnly);
  }
};

template <typename Key>
bool scan_keys(TextScanner& scanner, Key key) {
  while (!scanner.at_end()) {
    const auto word = scanner.take_until('=');
    if (!word) return scanner.fail("KEY=VALUE");
    scanner.take_byte('=');
    if (!key(*word)) return false;
  }
  return true;
}

bool unknown_key(TextScanner& scanner, std::string_view key) {
  return scanner.check("expected a key of this payload, found `" + std::string(key) + "=`");
}

template <typename Integer>
bool scan_number(TextScanner& scanner, Integer& value) {
  return scanner.value(value, parse_number<Integer>, "a number");
}

bool scan_attributes(TextScanner& scanner, FileType type, Attributes& to) {
  to.type = type;
  if (!scanner.value(to.mode, parse_mode, "an octal mode, 7777 at most")) return false;
  return scan_keys(scanner, [&](std::string_view key) {
    if (key == "links") return scan_number(scanner, to.links);
    if (key == "uid") return scan_number(scanner, to.uid);
    if (key == "gid") return scan_number(scanner, to.gid);
    if (key == "device") return scanner.value(to.device, parse_device, "a device MAJOR:MINOR");
    if (key == "size") return scan_number(scanner, to.size);
    if (key == "blocks") return scan_number(scanner, to.blocks);
    if (key == "atime") return scanner.value(to.access_time, parse_time, "a time");
    if (key == "mtime") return scanner.value(to.modify_time, parse_time, "a time");
    if (key == "ctime") return scanner.value(to.change_time, parse_time, "a time");
    if (key == "ino") return scan_number(scanner, to.number);
    if (key == "dev") return scan_number(scanner, to.file_system);
    return unknown_key(scanner, key);
  });
}

bool scan_names(TextScanner& scanner, std::vector<std::string>& names) {
  while (!scanner.at_end())
    if (!scanner.name(names.emplace_back(), "a name")) return false;
  return true;
}

bool scan_entry_name(TextScanner& scanner, std::string& name) {
  if (scanner.next_byte() == '"') return scanner.string(name, "a name");
  const auto word = scanner.take_until('=');
  if (!word) return scanner.fail("NAME=TYPE/NUMBER");
  name = *word;
  return true;
}

bool scan_entries(TextScanner& scanner, std::vector<DirectoryEntry>& entries) {
  while (!scanner.at_end()) {
    DirectoryEntry& entry = entries.emplace_back();
    if (!scan_entry_name(scanner, entry.name)) return false;
    if (!scanner.take_byte('=')) return scanner.fail("`=` and a type");
    entry.type_known = !scanner.take_byte('?');
    const auto word = scanner.take_until('/');
    const auto type = word ? from_word<FileType>(*word) : std::nullopt;
    if (!type) return scanner.fail("TYPE/NUMBER");
    entry.type = *type;
    if (!scanner.take_byte('/') || !scan_number(scanner, entry.number)) return false;
  }
  return true;
}

bool scan_status(TextScanner& scanner, FileSystemStatus& status) {
  while (!scanner.at_end()) {
    if (scanner.take(kReadOnly)) {
      status.read_only = true;
      continue;
    }
    const auto key = scanner.take_until('=');
    if (!key) return scanner.fail("name_max=, block_size= or read-only");
    scanner.take_byte('=');
    const bool known = *key == "name_max" || *key == "block_size";
    if (!known) return unknown_key(scanner, *key);
    if (!scan_number(scanner, *key == "name_max" ? status.name_max : status.block_size)) return false;
  }
  return true;
}

bool scan_payload(TextScanner& scanner, Outcome::Payload& payload) {
  if (scanner.at_end()) return true;
  const char byte = scanner.next_byte();
  if (byte == '"') return scanner.string(payload.emplace<std::string>(), "a string");
  if (byte >= '0' && byte <= '9') return scan_number(scanner, payload.emplace<std::uint64_t>());
  if (scanner.take(kNames)) return scan_names(scanner, payload.emplace<std::vector<std::string>>());
  if (scanner.take(kEntries)) return scan_entries(scanner, payload.emplace<std::vector<DirectoryEntry>>());
  if (scanner.take(kStatus)) return scan_status(scanner, payload.emplace<FileSystemStatus>());
  const auto type = from_word<FileType>(scanner.peek());
  if (!type) return scanner.fail("what was answered");
  scanner.take();
  return scan_attributes(scanner, *type, payload.emplace<Attributes>());
}

}  // namespace

void print_outcome(std::string& text, const Outcome& outcome) {
  if (!outcome.ok()) {
    text += errno_name(outcome.error);
    return;
  }
  text += kOk;
  std::visit(PayloadPrinter{text}, outcome.payload);
}

bool scan_outcome(TextScanner& scanner, Outcome& outcome) {
  if (scanner.take(kOk)) return scan_payload(scanner, outcome.payload);
  return scanner.value(
      outcome.error, [](std::string_view word) { return word == "OK" ? std::nullopt : errno_from_name(word); },
      "`ok` or the name of an error");
}

}  // namespace ovlspec::oracle
