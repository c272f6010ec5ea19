// The visitors of trace_fields.h for the JSON encoding. Only the JSON encoding's own files include this.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "oracle/json_values.h"

namespace ovlspec::oracle {

class JsonFieldWriter {
 public:
  explicit JsonFieldWriter(Json& to) : to_(to) {}

  void path(std::string_view name, const std::string& value) { set(name, json_bytes(value)); }
  void layer_path(std::string_view name, const std::string& value) {
    set(name, json_bytes(value.empty() ? "." : value));
  }
  void bytes(std::string_view name, const std::string& value) { set(name, json_bytes(value)); }
  void xattr_name(std::string_view name, const std::string& value) { set(name, json_bytes(value)); }
  void target(const Target& value) {
    if (value.slot) return slot("slot", *value.slot);
    path("path", value.path);
    if (value.follow == Follow::kNoFollow) set("nofollow", true);
  }
  void slot(std::string_view name, Slot value) { set(name, value); }
  void offset(std::string_view name, FileSize value) { set(name, value); }
  void size(std::string_view name, FileSize value) { set(name, value); }
  void count(std::string_view name, std::uint32_t value) { set(name, value); }
  void index(std::string_view name, std::uint16_t value) { set(name, value); }
  void place(std::string_view name, std::uint8_t value) { set(name, value); }
  void flags(std::string_view name, const OpenFlags& value) { set(name, flags_text(value)); }
  void mode(std::string_view name, Mode value) { set(name, mode_text(value)); }
  void optional_mode(std::string_view name, Mode value) {
    if (value != 0) mode(name, value);
  }
  template <typename Enum>
  void choice(std::string_view name, Enum value, Enum by_default) {
    if (value != by_default) set(name, word_of(value));
  }
  void flag(std::string_view name, bool value) {
    if (value) set(name, true);
  }
  void type(std::string_view name, FileType value) { set(name, word_of(value)); }
  void device(std::string_view name, Device value) {
    if (value != Device{}) set(name, device_text(value));
  }
  void id(std::string_view name, std::optional<std::uint32_t> value) {
    if (value) set(name, *value);
  }
  void time_change(std::string_view name, const TimeChange& value) {
    if (value.kind != TimeChange::Kind::kOmit) set(name, time_change_text(value));
  }
  void object(const std::string& path, const model::Inode& inode, const model::Marks& marks) {
    set("object", json_object(path, inode, marks));
  }
  void layer(const model::Layer& value) { set("entries", json_entries(value)); }

 private:
  template <typename Value>
  void set(std::string_view name, Value&& value) {
    to_[std::string(name)] = std::forward<Value>(value);
  }
  Json& to_;
};

class JsonFieldReader {
 public:
  explicit JsonFieldReader(JsonReader& from) : from_(from) {}

  void path(std::string_view name, std::string& value) {
    from_.need_bytes(name, value);
    from_.check(check_path(value));
  }
  void layer_path(std::string_view name, std::string& value) { read_layer_path(from_, name, value); }
  void bytes(std::string_view name, std::string& value) {
    from_.need_bytes(name, value);
    if (value.size() > kFileSizeLimit) from_.expected(name, "16777216 bytes at most");
  }
  void xattr_name(std::string_view name, std::string& value) {
    from_.need_bytes(name, value);
    from_.check(check_xattr_name(value, limits::kOperationXattrName));
  }
  void target(Target& value) {
    if (from_.has("slot")) return slot("slot", value.slot.emplace());
    path("path", value.path);
    bool no_follow = false;
    from_.boolean("nofollow", no_follow);
    if (no_follow) value.follow = Follow::kNoFollow;
  }
  void slot(std::string_view name, Slot& value) { need_number(name, value, static_cast<Slot>(kSlots - 1)); }
  void offset(std::string_view name, FileSize& value) { need_number(name, value, kFileSizeLimit); }
  void size(std::string_view name, FileSize& value) { need_number(name, value, kFileSizeLimit); }
  void count(std::string_view name, std::uint32_t& value) { from_.number(name, value); }
  void index(std::string_view name, std::uint16_t& value) { need_number(name, value, std::uint16_t{0xffff}); }
  void place(std::string_view name, std::uint8_t& value) {
    from_.number(name, value, static_cast<std::uint8_t>(kPlaces - 1));
  }
  void flags(std::string_view name, OpenFlags& value) {
    from_.need(name);
    from_.word(name, value, parse_flags, "flags (read, write or readwrite, then create, exclusive, ...)");
  }
  void mode(std::string_view name, Mode& value) {
    from_.need(name);
    optional_mode(name, value);
  }
  void optional_mode(std::string_view name, Mode& value) {
    from_.word(name, value, parse_mode, "an octal mode, 7777 at most");
  }
  template <typename Enum>
  void choice(std::string_view name, Enum& value, Enum by_default) {
    value = by_default;
    std::string words = "one of";
    for (const std::string_view word : kWords<Enum>) words.append(" ").append(word);
    from_.word(name, value, from_word<Enum>, words);
  }
  void flag(std::string_view name, bool& value) { from_.boolean(name, value); }
  void type(std::string_view name, FileType& value) {
    from_.need(name);
    from_.word(name, value, from_word<FileType>, "a type of object");
  }
  void device(std::string_view name, Device& value) { from_.word(name, value, parse_device, "MAJOR:MINOR"); }
  void id(std::string_view name, std::optional<std::uint32_t>& value) {
    if (from_.has(name)) from_.number(name, value.emplace());
  }
  void time_change(std::string_view name, TimeChange& value) {
    from_.word(name, value, parse_time_change, "`now`, `omit` or a time");
  }
  void object(std::string& path, model::Inode& inode, model::Marks& marks) {
    from_.need("object");
    const Json* value = from_.take("object");
    if (value == nullptr) return;
    JsonReader reader(*value, from_.problem());
    read_object(reader, path, inode, marks);
    reader.done();
  }
  void layer(model::Layer& value) {
    if (const Json* entries = from_.take("entries")) read_entries(*entries, value, from_.problem());
  }

 private:
  template <typename Integer>
  void need_number(std::string_view name, Integer& value, Integer limit) {
    from_.need(name);
    from_.number(name, value, limit);
  }
  JsonReader& from_;
};

}  // namespace ovlspec::oracle
