#include "oracle/json_values.h"

namespace ovlspec::oracle {
namespace {

Json json_attributes(const Attributes& a) {
  Json to;
  to["type"] = word_of(a.type);
  to["mode"] = mode_text(a.mode);
  to["links"] = a.links;
  to["uid"] = a.uid;
  to["gid"] = a.gid;
  if (a.device != Device{}) to["device"] = device_text(a.device);
  to["size"] = a.size;
  to["blocks"] = a.blocks;
  to["atime"] = time_text(a.access_time);
  to["mtime"] = time_text(a.modify_time);
  to["ctime"] = time_text(a.change_time);
  to["ino"] = a.number;
  to["dev"] = a.file_system;
  return to;
}

struct PayloadWriter {
  Json& to;
  void operator()(std::monostate) const {}
  void operator()(const std::string& bytes) const { to["bytes"] = json_bytes(bytes); }
  void operator()(std::uint64_t number) const { to["count"] = number; }
  void operator()(const Attributes& attributes) const { to["attributes"] = json_attributes(attributes); }
  void operator()(const std::vector<std::string>& names) const {
    Json& list = to["names"] = Json::array();
    for (const std::string& name : names) list.push_back(json_bytes(name));
  }
  void operator()(const std::vector<DirectoryEntry>& entries) const {
    Json& list = to["entries"] = Json::array();
    for (const DirectoryEntry& entry : entries) {
      Json one{{"name", json_bytes(entry.name)}, {"ino", entry.number}, {"type", word_of(entry.type)}};
      if (!entry.type_known) one["type-known"] = false;
      list.push_back(std::move(one));
    }
  }
  void operator()(const FileSystemStatus& status) const {
    to["status"] =
        Json{{"name_max", status.name_max}, {"block_size", status.block_size}, {"read-only", status.read_only}};
  }
};

void read_attributes(const Json& value, Attributes& a, Problem& problem) {
  constexpr std::string_view kTime = "a time";
  JsonReader reader(value, problem);
  reader.word("type", a.type, from_word<FileType>, "a type");
  reader.word("mode", a.mode, parse_mode, "an octal mode, 7777 at most");
  reader.number("links", a.links);
  reader.number("uid", a.uid);
  reader.number("gid", a.gid);
  reader.word("device", a.device, parse_device, "MAJOR:MINOR");
  reader.number("size", a.size);
  reader.number("blocks", a.blocks);
  reader.word("atime", a.access_time, parse_time, kTime);
  reader.word("mtime", a.modify_time, parse_time, kTime);
  reader.word("ctime", a.change_time, parse_time, kTime);
  reader.number("ino", a.number);
  reader.number("dev", a.file_system);
  reader.done();
}

void read_names(const Json& value, std::vector<std::string>& names, Problem& problem) {
  if (!value.is_array() && !problem) problem = "`names`: expected an array";
  for (const Json& name : value) {
    if (problem) return;
    problem = read_bytes(name, names.emplace_back());
  }
}

void read_directory(const Json& value, std::vector<DirectoryEntry>& entries, Problem& problem) {
  if (!value.is_array() && !problem) problem = "`entries`: expected an array";
  if (problem) return;
  for (const Json& one : value) {
    DirectoryEntry& entry = entries.emplace_back();
    JsonReader reader(one, problem);
    reader.need_bytes("name", entry.name);
    reader.number("ino", entry.number);
    reader.word("type", entry.type, from_word<FileType>, "a type");
    reader.boolean("type-known", entry.type_known);
    reader.done();
  }
}

void read_status(const Json& value, FileSystemStatus& status, Problem& problem) {
  JsonReader reader(value, problem);
  reader.number("name_max", status.name_max);
  reader.number("block_size", status.block_size);
  reader.boolean("read-only", status.read_only);
  reader.done();
}

void read_payload(JsonReader& reader, Outcome::Payload& payload) {
  Problem& problem = reader.problem();
  if (reader.has("bytes")) return reader.bytes("bytes", payload.emplace<std::string>());
  if (reader.has("count")) return reader.number("count", payload.emplace<std::uint64_t>());
  if (const Json* value = reader.take("attributes"))
    return read_attributes(*value, payload.emplace<Attributes>(), problem);
  if (const Json* value = reader.take("names"))
    return read_names(*value, payload.emplace<std::vector<std::string>>(), problem);
  if (const Json* value = reader.take("entries"))
    return read_directory(*value, payload.emplace<std::vector<DirectoryEntry>>(), problem);
  if (const Json* value = reader.take("status")) read_status(*value, payload.emplace<FileSystemStatus>(), problem);
}

}  // namespace

Json json_outcome(const Outcome& outcome) {
  if (!outcome.ok()) return Json{{"error", errno_name(outcome.error)}};
  Json to{{"ok", true}};
  std::visit(PayloadWriter{to}, outcome.payload);
  return to;
}

void read_outcome(const Json& value, Outcome& outcome, Problem& problem) {
  JsonReader reader(value, problem);
  if (reader.has("error")) {
    const auto parse = [](std::string_view word) { return word == "OK" ? std::nullopt : errno_from_name(word); };
    reader.word("error", outcome.error, parse, "the name of an error");
  } else {
    bool ok = false;
    reader.boolean("ok", ok);
    if (!ok) reader.fail("an outcome has `error`, or `ok` that is true");
    read_payload(reader, outcome.payload);
  }
  reader.done();
}

}  // namespace ovlspec::oracle
