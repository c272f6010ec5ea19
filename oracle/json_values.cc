#include "oracle/json_values.h"

#include <algorithm>

namespace ovlspec::oracle {
namespace {

// Length of the UTF-8 sequence at the beginning of `bytes`; 0 where there is none.
std::size_t sequence_length(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || bytes.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((at(i) & 0xc0U) != 0x80U) return 0;
  const bool overlong = (first == 0xe0 && at(1) < 0xa0) || (first == 0xf0 && at(1) < 0x90);
  const bool surrogate = first == 0xed && at(1) > 0x9f;
  const bool beyond = first == 0xf4 && at(1) > 0x8f;
  return overlong || surrogate || beyond ? 0 : length;
}

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t length = sequence_length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

}  // namespace

Json json_bytes(std::string_view bytes) {
  if (is_utf8(bytes)) return Json(std::string(bytes));
  return Json{{"hex", hex_text(bytes)}};
}

Problem read_bytes(const Json& value, std::string& bytes) {
  if (value.is_string()) {
    bytes = value.get<std::string>();
    return std::nullopt;
  }
  const auto hex = value.is_object() && value.size() == 1 && value.contains("hex") && value["hex"].is_string()
                       ? parse_hex(value["hex"].get_ref<const std::string&>())
                       : std::nullopt;
  if (!hex) return "expected a string or {\"hex\":\"...\"}";
  bytes = *hex;
  return std::nullopt;
}

const Json* JsonReader::take(std::string_view name) {
  if (failed()) return nullptr;
  const auto found = object_.find(name);
  if (found == object_.end()) return nullptr;
  taken_.push_back(name);
  return &*found;
}

void JsonReader::done() {
  if (failed()) return;
  for (const auto& [key, value] : object_.items())
    if (std::find(taken_.begin(), taken_.end(), key) == taken_.end()) return fail("unknown key `" + key + "`");
}

void JsonReader::bytes(std::string_view name, std::string& value) {
  const Json* found = take(name);
  if (found == nullptr) return;
  if (const auto problem = read_bytes(*found, value)) fail("`" + std::string(name) + "`: " + *problem);
}

void JsonReader::need_bytes(std::string_view name, std::string& value) {
  need(name);
  bytes(name, value);
}

void JsonReader::boolean(std::string_view name, bool& value) {
  const Json* found = take(name);
  if (found == nullptr) return;
  if (!found->is_boolean()) return expected(name, "true or false");
  value = found->get<bool>();
}

}  // namespace ovlspec::oracle
