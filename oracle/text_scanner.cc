#include "oracle/text_scanner.h"

#include <algorithm>

#include "model/describe.h"
#include "oracle/trace_words.h"

namespace ovlspec::oracle {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool ends_token(char c) { return is_blank(c) || c == '\n'; }

}  // namespace

bool is_bare(std::string_view bytes) {
  if (bytes.empty() || bytes[0] == '%' || bytes[0] == '@' || bytes[0] == '=') return false;
  return std::all_of(bytes.begin(), bytes.end(),
                     [](char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '\\' && c != '#'; });
}

void append_name(std::string& text, std::string_view bytes) {
  if (is_bare(bytes))
    text += bytes;
  else
    append_quoted(text, bytes);
}

void TextScanner::skip_blanks() {
  while (position_ < text_.size() && is_blank(text_[position_])) ++position_;
}

bool TextScanner::next_line() {
  if (failed_) return false;
  for (;;) {
    if (line_ != 0) {
      const auto end = text_.find('\n', position_);
      position_ = end == std::string_view::npos ? text_.size() : end + 1;
      if (end == std::string_view::npos) return false;
    }
    ++line_;
    line_begin_ = position_;
    token_ = position_;
    if (position_ == text_.size()) return false;
    if (!at_end()) return true;
  }
}

bool TextScanner::at_end() {
  skip_blanks();
  return position_ == text_.size() || text_[position_] == '\n' || text_[position_] == '#';
}

char TextScanner::next_byte() { return at_end() ? '\0' : text_[position_]; }

std::string_view TextScanner::token_at(std::size_t position) const {
  std::size_t end = position;
  while (end < text_.size() && !ends_token(text_[end]) && text_[end] != '"') ++end;
  return text_.substr(position, end - position);
}

std::string_view TextScanner::peek() {
  if (failed_ || at_end()) return {};
  token_ = position_;
  return token_at(position_);
}

std::string_view TextScanner::take() {
  const auto token = peek();
  position_ += token.size();
  return token;
}

bool TextScanner::take(std::string_view word) {
  if (peek() != word) return false;
  position_ += word.size();
  return true;
}

std::optional<std::string_view> TextScanner::take_until(char stop) {
  const auto token = peek();
  const auto end = token.find(stop);
  if (end == std::string_view::npos) return std::nullopt;
  position_ += end;
  return token.substr(0, end);
}

bool TextScanner::take_byte(char byte) {
  if (failed_ || next_byte() != byte || byte == '\0') return false;
  token_ = position_;
  ++position_;
  return true;
}

bool TextScanner::string(std::string& out, std::string_view expected) {
  if (failed_ || next_byte() != '"') return fail(expected);
  token_ = position_;
  out.clear();
  for (++position_;;) {
    const auto stop = text_.find_first_of("\"\\\n", position_);
    if (stop == std::string_view::npos || text_[stop] == '\n') {
      set_error("expected a closing quote, found the end of the line", std::min(stop, text_.size()));
      return false;
    }
    out += text_.substr(position_, stop - position_);
    position_ = stop + 1;
    if (text_[stop] == '"') return true;
    if (!unescape(out)) return false;
  }
}

bool TextScanner::unescape(std::string& out) {
  const char kind = position_ < text_.size() ? text_[position_] : '\n';
  switch (kind) {
    case '"':
    case '\\': out += kind; break;
    case 'n': out += '\n'; break;
    case 't': out += '\t'; break;
    case 'x': {
      const auto high = position_ + 1 < text_.size() ? hex_digit(text_[position_ + 1]) : std::nullopt;
      const auto low = position_ + 2 < text_.size() ? hex_digit(text_[position_ + 2]) : std::nullopt;
      if (!high || !low) {
        set_error("expected two hexadecimal digits after `\\x`", position_ + 1);
        return false;
      }
      out += static_cast<char>(*high << 4 | *low);
      position_ += 2;
      break;
    }
    default: set_error("expected `\\\"`, `\\\\`, `\\n`, `\\t` or `\\xNN` after a backslash", position_); return false;
  }
  ++position_;
  return true;
}

bool TextScanner::name(std::string& out, std::string_view expected) {
  if (next_byte() == '"') return string(out, expected);
  const auto token = peek();
  const char first = token.empty() ? '%' : token[0];
  if (first == '%' || first == '@' || first == '=' || token.find('\\') != std::string_view::npos) return fail(expected);
  out = token;
  position_ += token.size();
  if (position_ < text_.size() && text_[position_] == '"') {
    set_error("expected the whole name in quotes", position_);
    return false;
  }
  return true;
}

std::string TextScanner::found() const {
  constexpr std::size_t kShown = 40;
  if (position_ == text_.size()) return "the end of the text";
  if (text_[position_] == '\n' || text_[position_] == '#') return "the end of the line";
  if (text_[position_] == '"') return "a string";
  const auto token = token_at(position_);
  std::string shown = model::quoted(token.substr(0, kShown));
  shown = "`" + shown.substr(1, shown.size() - 2) + (token.size() > kShown ? "...`" : "`");
  return shown;
}

void TextScanner::set_error(std::string what, std::size_t position) {
  if (failed_) return;
  failed_ = true;
  error_ = TraceError{.line = line_, .column = position - line_begin_ + 1, .byte = position, .what = std::move(what)};
}

bool TextScanner::fail(std::string_view expected) {
  if (failed_) return false;
  skip_blanks();
  set_error("expected " + std::string(expected) + ", found " + found(), position_);
  return false;
}

bool TextScanner::check(const Problem& problem) {
  if (failed_) return false;
  if (problem) set_error(*problem, token_);
  return !problem;
}

bool TextScanner::line_done() {
  if (failed_) return false;
  return at_end() || fail("the end of the line");
}

}  // namespace ovlspec::oracle
