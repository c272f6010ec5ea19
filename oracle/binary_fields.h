// The visitors of trace_fields.h for the binary encoding.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/layer.h"
#include "oracle/binary_stream.h"
#include "oracle/trace_fields.h"
#include "oracle/trace_limits.h"
#include "oracle/trace_words.h"

namespace ovlspec::oracle {

inline constexpr std::uint64_t kAnyWord = 0xffffffff;
inline constexpr std::uint64_t kAnyNumber = ~std::uint64_t{0};

class BinaryFieldWriter {
 public:
  explicit BinaryFieldWriter(BinaryWriter& out) : out_(out) {}

  void path(std::string_view, const std::string& value) { out_.string(value); }
  void layer_path(std::string_view, const std::string& value) { out_.string(value); }
  void bytes(std::string_view, const std::string& value) { out_.string(value); }
  void xattr_name(std::string_view, const std::string& value) { out_.string(value); }
  // One byte: a slot, or kSlots and its Follow before a path.
  void target(const Target& value) {
    out_.byte(value.slot ? *value.slot : static_cast<std::uint8_t>(kSlots + static_cast<std::uint8_t>(value.follow)));
    if (!value.slot) out_.string(value.path);
  }
  void slot(std::string_view, Slot value) { out_.byte(value); }
  void offset(std::string_view, FileSize value) { out_.number(value); }
  void size(std::string_view, FileSize value) { out_.number(value); }
  void count(std::string_view, std::uint32_t value) { out_.number(value); }
  void index(std::string_view, std::uint16_t value) { out_.number(value); }
  void place(std::string_view, std::uint8_t value) { out_.byte(value); }
  void flags(std::string_view, const OpenFlags& value);
  void mode(std::string_view, Mode value) { out_.number(value); }
  void optional_mode(std::string_view, Mode value) { out_.number(value); }
  template <typename Enum>
  void choice(std::string_view, Enum value, Enum) {
    out_.byte(static_cast<std::uint8_t>(value));
  }
  void flag(std::string_view, bool value) { out_.byte(value ? 1 : 0); }
  void type(std::string_view, FileType value) { out_.byte(static_cast<std::uint8_t>(value)); }
  void device(std::string_view, Device value);
  void id(std::string_view, std::optional<std::uint32_t> value) { out_.number(value ? std::uint64_t{*value} + 1 : 0); }
  void time_change(std::string_view, const TimeChange& value);
  void object(const std::string& path, const model::Inode& inode, const model::Marks& marks);
  void layer(const model::Layer& value);
  void time(Time value);

 private:
  void free_time(const model::FreeTime& value);
  void inode(const model::Inode& value);
  void marks(const model::Marks& value);
  void backing(const model::Backing& value);

  BinaryWriter& out_;
};

class BinaryFieldReader {
 public:
  explicit BinaryFieldReader(BinaryReader& in) : in_(in) {}

  void path(std::string_view, std::string& value) {
    value = in_.string(limits::kOperationPath);
    in_.check(check_path(value));
  }
  void layer_path(std::string_view, std::string& value) {
    value = in_.string(names::kPathMax);
    in_.check(check_layer_path(value));
  }
  void bytes(std::string_view, std::string& value) { value = in_.string(kFileSizeLimit); }
  void xattr_name(std::string_view, std::string& value) {
    value = in_.string(limits::kOperationXattrName);
    in_.check(check_xattr_name(value, limits::kOperationXattrName));
  }
  void target(Target& value) {
    const auto kind = static_cast<std::uint8_t>(in_.number(kSlots + 1));
    if (kind < kSlots) {
      value.slot = kind;
      return;
    }
    value.follow = static_cast<Follow>(kind - kSlots);
    path({}, value.path);
  }
  void slot(std::string_view, Slot& value) { value = static_cast<Slot>(in_.number(kSlots - 1)); }
  void offset(std::string_view, FileSize& value) { value = in_.number(kFileSizeLimit); }
  void size(std::string_view, FileSize& value) { value = in_.number(kFileSizeLimit); }
  void count(std::string_view, std::uint32_t& value) { value = static_cast<std::uint32_t>(in_.number(kAnyWord)); }
  void index(std::string_view, std::uint16_t& value) { value = static_cast<std::uint16_t>(in_.number(0xffff)); }
  void place(std::string_view, std::uint8_t& value) { value = static_cast<std::uint8_t>(in_.number(kPlaces - 1)); }
  void flags(std::string_view, OpenFlags& value);
  void mode(std::string_view, Mode& value) { value = static_cast<Mode>(in_.number(kModeMask)); }
  void optional_mode(std::string_view name, Mode& value) { mode(name, value); }
  template <typename Enum>
  void choice(std::string_view, Enum& value, Enum) {
    value = static_cast<Enum>(in_.number(kWords<Enum>.size() - 1));
  }
  void flag(std::string_view, bool& value) { value = in_.number(1) != 0; }
  void type(std::string_view name, FileType& value) { choice(name, value, FileType::kRegular); }
  void device(std::string_view, Device& value);
  void id(std::string_view, std::optional<std::uint32_t>& value) {
    const auto number = in_.number(kAnyWord + 1);
    if (number != 0) value = static_cast<std::uint32_t>(number - 1);
  }
  void time_change(std::string_view, TimeChange& value);
  void object(std::string& path, model::Inode& inode, model::Marks& marks);
  void layer(model::Layer& value);
  Time time();

 private:
  model::FreeTime free_time();
  void inode(model::Inode& value);
  void marks(model::Marks& value);
  model::Backing backing();
  void object_of_kind(std::uint8_t kind, model::Inode& inode, model::Marks& marks);

  BinaryReader& in_;
};

}  // namespace ovlspec::oracle
