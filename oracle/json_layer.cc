#include "oracle/json_values.h"

namespace ovlspec::oracle {
namespace {

constexpr std::string_view kWhiteout = "whiteout";

void write_time(Json& to, const char* name, const model::FreeTime& time) {
  if (time != model::FreeTime{}) to[name] = free_time_text(time);
}

void write_marks(Json& to, const model::Marks& marks) {
  if (marks.opaque) to["opaque"] = true;
  if (marks.metacopy) to["metacopy"] = true;
  if (marks.redirect) to["redirect"] = json_bytes(*marks.redirect);
  if (marks.origin) to["origin"] = origin_text(*marks.origin);
  if (marks.backing != model::Backing{}) to["backing"] = backing_text(marks.backing);
}

void write_inode(Json& to, const model::Inode& inode) {
  to["mode"] = mode_text(inode.mode);
  if (inode.uid != 0) to["uid"] = inode.uid;
  if (inode.gid != 0) to["gid"] = inode.gid;
  if (inode.device != Device{}) to["device"] = device_text(inode.device);
  write_time(to, "atime", inode.access_time);
  write_time(to, "mtime", inode.modify_time);
  const auto& content = inode.content;
  if (!content.data().empty()) to["content"] = json_bytes(content.data());
  if (content.size() != content.data().size()) to["size"] = content.size();
  for (const model::Xattr& xattr : inode.xattrs)
    to["xattrs"].push_back(Json{{"name", json_bytes(xattr.name)}, {"value", json_bytes(xattr.value)}});
}

void read_marks(JsonReader& reader, model::Marks& marks) {
  reader.boolean("opaque", marks.opaque);
  reader.boolean("metacopy", marks.metacopy);
  if (reader.has("redirect")) reader.bytes("redirect", marks.redirect.emplace());
  if (reader.has("origin")) reader.word("origin", marks.origin.emplace(), parse_origin, "A:B:C or A:B:C:linked");
  reader.word("backing", marks.backing, parse_backing, "A:B:C");
}

void read_xattrs(JsonReader& reader, model::Inode& inode) {
  const Json* xattrs = reader.take("xattrs");
  if (xattrs == nullptr) return;
  if (!xattrs->is_array()) return reader.expected("xattrs", "an array");
  for (const Json& xattr : *xattrs) {
    JsonReader one(xattr, reader.problem());
    std::string name;
    std::string value;
    one.need_bytes("name", name);
    one.need_bytes("value", value);
    one.done();
    if (inode.xattr(name) != nullptr) reader.fail("an extended attribute is there twice");
    model::set_xattr(inode, name, std::move(value));
  }
}

void read_inode(JsonReader& reader, model::Inode& inode) {
  reader.need("mode");
  reader.word("mode", inode.mode, parse_mode, "an octal mode, 7777 at most");
  reader.number("uid", inode.uid);
  reader.number("gid", inode.gid);
  reader.word("device", inode.device, parse_device, "MAJOR:MINOR");
  reader.word("atime", inode.access_time, parse_free_time, "a time, or `?`");
  reader.word("mtime", inode.modify_time, parse_free_time, "a time, or `?`");
  std::string content;
  reader.bytes("content", content);
  FileSize size = content.size();
  reader.number("size", size, kFileSizeLimit);
  if (size < content.size()) reader.fail("the size is smaller than the content");
  inode.content = model::Content(std::move(content));
  if (size > inode.content.size()) inode.content.resize(size);
  read_xattrs(reader, inode);
}

}  // namespace

Json json_object(std::string_view path, const model::Inode& inode, const model::Marks& marks) {
  Json object;
  object["path"] = json_bytes(path.empty() ? "." : path);
  object["type"] = marks.whiteout ? kWhiteout : word_of(inode.type);
  write_marks(object, marks);
  if (!marks.whiteout) write_inode(object, inode);
  return object;
}

Json json_entries(const model::Layer& layer) {
  Json entries = Json::array();
  for (const LayerEntry& entry : entries_of(layer)) {
    if (entry.link_of)
      entries.push_back(Json{{"path", json_bytes(entry.path)}, {"link", json_bytes(*entry.link_of)}});
    else
      entries.push_back(json_object(entry.path, layer.tree[entry.object], layer.mark(entry.object)));
  }
  return entries;
}

void read_layer_path(JsonReader& reader, std::string_view name, std::string& path) {
  reader.need_bytes(name, path);
  if (path == ".") path.clear();
  reader.check(check_layer_path(path));
}

void read_object(JsonReader& reader, std::string& path, model::Inode& inode, model::Marks& marks) {
  read_layer_path(reader, "path", path);
  reader.need("type");
  const auto parse_type = [&](std::string_view word) {
    marks.whiteout = word == kWhiteout;
    return marks.whiteout ? std::optional(FileType::kCharDevice) : from_word<FileType>(word);
  };
  reader.word("type", inode.type, parse_type, "a type of object");
  read_marks(reader, marks);
  if (!marks.whiteout) read_inode(reader, inode);
  reader.check(check_object(inode, marks));
}

void read_entries(const Json& entries, model::Layer& layer, Problem& problem) {
  if (!entries.is_array() && !problem) problem = "`entries`: expected an array";
  if (problem) return;
  LayerBuilder builder;
  for (const Json& entry : entries) {
    JsonReader reader(entry, problem);
    std::string path;
    model::Inode inode;
    model::Marks marks;
    if (reader.has("link")) {
      std::string to;
      read_layer_path(reader, "path", path);
      read_layer_path(reader, "link", to);
      if (!reader.failed()) reader.check(builder.link(path, to));
    } else {
      read_object(reader, path, inode, marks);
      if (!reader.failed()) reader.check(builder.add(path, std::move(inode), std::move(marks)));
    }
    reader.done();
    if (problem) return;
  }
  layer = builder.take();
}

}  // namespace ovlspec::oracle
