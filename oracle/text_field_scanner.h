// The visitor of trace_fields.h that reads members in the text encoding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "oracle/text_layer.h"
#include "oracle/text_scanner.h"
#include "oracle/trace_fields.h"
#include "oracle/trace_words.h"

namespace ovlspec::oracle {

inline std::optional<FileSize> parse_file_size(std::string_view text) {
  const auto size = parse_number<FileSize>(text);
  return size && *size <= kFileSizeLimit ? size : std::nullopt;
}
inline std::optional<std::uint8_t> parse_place(std::string_view text) {
  const auto place = parse_number<std::uint8_t>(text);
  return place && *place < kPlaces ? place : std::nullopt;
}
inline constexpr std::string_view kPlaceExpected = "a place, 0 to 7";

// Reads members; after an error it reads nothing more.
class FieldScanner {
 public:
  explicit FieldScanner(TextScanner& scanner) : scanner_(scanner) {}

  void path(std::string_view, std::string& value) {
    if (scanner_.name(value, "a path")) scanner_.check(check_path(value));
  }
  void layer_path(std::string_view, std::string& value) { scan_layer_path(scanner_, value); }
  void bytes(std::string_view, std::string& value) {
    if (scanner_.string(value, "bytes in quotes") && value.size() > kFileSizeLimit)
      scanner_.check("the bytes are more than " + std::to_string(kFileSizeLimit));
  }
  void xattr_name(std::string_view, std::string& value) {
    if (scanner_.name(value, "the name of an extended attribute"))
      scanner_.check(check_xattr_name(value, limits::kOperationXattrName));
  }
  void target(Target& target) {
    if (scanner_.next_byte() == '%') {
      slot({}, target.slot.emplace());
      return;
    }
    if (!scanner_.name(target.path, "a path or a slot")) return;
    scanner_.check(check_path(target.path));
    if (scanner_.take(word_of(Follow::kNoFollow))) target.follow = Follow::kNoFollow;
  }
  void slot(std::string_view, Slot& value) { scanner_.value(value, parse_slot, "a slot, %0 to %15"); }
  void offset(std::string_view, FileSize& value) {
    if (!scanner_.take_byte('@')) {
      scanner_.fail("an offset @N");
      return;
    }
    size({}, value);
  }
  void size(std::string_view, FileSize& value) {
    scanner_.value(value, parse_file_size, "a number of bytes, 16777216 at most");
  }
  void count(std::string_view name, std::uint32_t& value) {
    if (key(name)) scanner_.value(value, parse_number<std::uint32_t>, "a number");
  }
  void index(std::string_view, std::uint16_t& value) {
    scanner_.value(value, parse_number<std::uint16_t>, "a lower's number");
  }
  void place(std::string_view name, std::uint8_t& value) {
    if (key(name)) scanner_.value(value, parse_place, kPlaceExpected);
  }
  void flags(std::string_view, OpenFlags& value) {
    scanner_.value(value, parse_flags, "flags (read, write or readwrite, then create, exclusive, ...)");
  }
  void mode(std::string_view, Mode& value) { scanner_.value(value, parse_mode, "an octal mode, 7777 at most"); }
  void optional_mode(std::string_view name, Mode& value) {
    if (at_digit()) mode(name, value);
  }
  template <typename Enum>
  void choice(std::string_view, Enum& value, Enum by_default) {
    value = by_default;
    if (scanner_.failed() || scanner_.at_end()) return;
    scanner_.value(value, from_word<Enum>, expected_word<Enum>());
  }
  void flag(std::string_view name, bool& value) { value = scanner_.take(name); }
  void type(std::string_view, FileType& value) {
    scanner_.value(value, from_word<FileType>, expected_word<FileType>());
  }
  void device(std::string_view, Device& value) {
    if (at_digit()) scanner_.value(value, parse_device, "a device MAJOR:MINOR");
  }
  void id(std::string_view name, std::optional<std::uint32_t>& value) {
    if (key(name)) scanner_.value(value.emplace(), parse_number<std::uint32_t>, "a number");
  }
  void time_change(std::string_view name, TimeChange& value) {
    if (key(name)) scanner_.value(value, parse_time_change, "`now`, `omit` or a time");
  }
  void object(std::string& path, model::Inode& inode, model::Marks& marks) {
    const auto kind = scanner_.peek();
    if (kind.empty() || kind == "link" || !is_entry_word(kind)) {
      scanner_.fail("an entry: file, dir, symlink, char, block, fifo, socket or whiteout");
      return;
    }
    scanner_.take();
    scan_object(scanner_, kind, path, inode, marks);
  }
  void layer(model::Layer& layer) {
    if (!scanner_.line_done()) return;
    LayerBuilder builder;
    for (;;) {
      if (!scanner_.next_line()) {
        scanner_.fail("an entry or `end`");
        return;
      }
      if (scanner_.take("end")) break;
      const auto kind = scanner_.peek();
      if (!is_entry_word(kind)) {
        scanner_.fail("an entry or `end`");
        return;
      }
      scanner_.take();
      if (!scan_entry(scanner_, kind, builder) || !scanner_.line_done()) return;
    }
    layer = builder.take();
  }

 private:
  static std::optional<Slot> parse_slot(std::string_view text) {
    if (text.empty() || text[0] != '%') return std::nullopt;
    const auto slot = parse_number<Slot>(text.substr(1));
    return slot && *slot < kSlots ? slot : std::nullopt;
  }
  template <typename Enum>
  static std::string expected_word() {
    std::string text = "one of";
    for (const std::string_view word : kWords<Enum>) text.append(text.size() > 6 ? ", " : " ").append(word);
    return text;
  }
  bool at_digit() {
    const char byte = scanner_.next_byte();
    return byte >= '0' && byte <= '9';
  }
  // Takes "name=" where it comes next.
  bool key(std::string_view name) {
    const auto token = scanner_.peek();
    if (token.size() <= name.size() || !token.starts_with(name) || token[name.size()] != '=') return false;
    scanner_.take_until('=');
    return scanner_.take_byte('=');
  }

  TextScanner& scanner_;
};

}  // namespace ovlspec::oracle
