#include "oracle/mount_command.h"

#include <algorithm>
#include <cctype>

namespace ovlspec::oracle {
namespace {

std::string joined(const std::vector<std::string>& parts, const std::string& separator, const std::string& before = {},
                   const std::string& after = {}) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : separator) + before + part + after;
  return text;
}

std::vector<std::string> split_at_bars(std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto bar = std::min(text.find('|', begin), text.size());
    parts.emplace_back(text.substr(begin, bar - begin));
    begin = bar + 1;
  }
  return parts;
}

// What a place stands for; nothing for an unknown one.
std::optional<std::string> meaning(std::string_view place, const MountFilling& filling, const std::string& lower) {
  const std::vector<std::string> parts = split_at_bars(place);
  if (parts.front() == "lowers") {
    const auto part = [&](std::size_t i, const char* otherwise) { return i < parts.size() ? parts[i] : otherwise; };
    return joined(filling.paths.lowers, part(1, ":"), part(2, ""), part(3, ""));
  }
  if (place == "lower") return lower;
  if (place == "upper") return filling.paths.upper;
  if (place == "work") return filling.paths.work;
  if (place == "mount") return filling.mount_point;
  if (place == "state") return filling.state;
  const std::string options = joined(filling.options, ",");
  if (place == "options") return options;
  if (place == ",options") return options.empty() ? options : "," + options;
  return std::nullopt;
}

bool may_begin_a_place(char c) { return c == ',' || std::islower(static_cast<unsigned char>(c)) != 0; }

// Calls `found` with each place of a word, and `between` with what lies between. Other braces are text.
template <typename Found, typename Between>
void take_apart(std::string_view word, const Found& found, const Between& between) {
  while (!word.empty()) {
    const auto begin = word.find('{');
    const auto end = begin == std::string_view::npos ? begin : word.find('}', begin);
    const bool is_place = end != std::string_view::npos && may_begin_a_place(word[begin + 1]);
    const auto text = is_place ? begin : std::min(begin, word.size() - 1) + 1;
    if (text > 0) between(word.substr(0, text));
    if (is_place) found(word.substr(begin + 1, end - begin - 1));
    word.remove_prefix(is_place ? end + 1 : text);
  }
}

struct Filled {
  std::string text;
  bool has_text = false;  // that is not a place's
};

Filled fill(const std::string& word, const MountFilling& filling, const std::string& lower) {
  Filled result;
  take_apart(
      word, [&](std::string_view place) { result.text += meaning(place, filling, lower).value_or(""); },
      [&](std::string_view text) {
        result.text += text;
        result.has_text = true;
      });
  return result;
}

}  // namespace

std::vector<std::string> filled(const std::vector<std::string>& words, const MountFilling& filling) {
  std::vector<std::string> result;
  for (const std::string& word : words) {
    const bool for_each = word.find("{lower}") != std::string::npos;
    for (const std::string& lower : for_each ? filling.paths.lowers : std::vector<std::string>{""}) {
      Filled one = fill(word, filling, lower);
      if (!one.text.empty() || one.has_text || word.empty()) result.push_back(std::move(one.text));
    }
  }
  return result;
}

std::optional<std::string> unknown_place(const std::vector<std::string>& words) {
  std::optional<std::string> unknown;
  for (const std::string& word : words)
    take_apart(
        word,
        [&](std::string_view place) {
          if (!unknown && !meaning(place, MountFilling{}, "")) unknown = std::string(place);
        },
        [](std::string_view) {});
  return unknown;
}

std::optional<std::vector<std::string>> split_words(std::string_view text) {
  std::vector<std::string> words;
  bool within = false;
  char quote = 0;
  const auto put = [&](char c) {
    if (!within) words.emplace_back();
    within = true;
    words.back() += c;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0 && c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      if (!within) words.emplace_back();
      within = true;
      quote = c;
    } else if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      put(text[++i]);
    } else if (quote == 0 && std::isspace(static_cast<unsigned char>(c)) != 0) {
      within = false;
    } else {
      put(c);
    }
  }
  if (quote != 0) return std::nullopt;
  return words;
}

}  // namespace ovlspec::oracle
