// Reads the text encoding line by line, token by token, without copying; the parser says at each place what it expects.
//
// Tokens are parted by blanks. `#` at the beginning of a token opens a comment to the end of the line. A bare token is
// bytes above the blank without `"` and `\`; anything can stand in double quotes, with \", \\, \n, \t and \xNN.
// After a first error every call fails and the error stays.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "oracle/trace_error.h"
#include "oracle/trace_limits.h"

namespace ovlspec::oracle {

// Whether `bytes` can be written as a bare name: printable ASCII without blank, quote, backslash and `#`, not empty,
// and beginning neither with `%`, `@` nor `=`, which mark slots, offsets and outcomes.
bool is_bare(std::string_view bytes);
// Appends `bytes` bare where it can be, else in quotes.
void append_name(std::string& text, std::string_view bytes);

class TextScanner {
 public:
  explicit TextScanner(std::string_view text) : text_(text) {}

  // Goes to the next line that has a token; false at the end of the text.
  bool next_line();
  // Whether no token is left on the line.
  bool at_end();

  // The next bare token without taking it; empty at the end of the line and at a quote.
  std::string_view peek();
  std::string_view take();
  // Takes the next token if it is this one.
  bool take(std::string_view word);
  // What follows up to (not with) `stop`, where the token has one; nothing taken otherwise.
  std::optional<std::string_view> take_until(char stop);
  // Takes the one byte that follows without a blank, or that begins the next token.
  bool take_byte(char byte);
  // The next byte of the line, past blanks; 0 at its end.
  char next_byte();

  // A string in quotes, or a name that is bare or in quotes. What is missing is reported as `expected`.
  bool string(std::string& out, std::string_view expected);
  bool name(std::string& out, std::string_view expected);
  // A bare token that `parse` takes.
  template <typename Value, typename Parse>
  bool value(Value& out, Parse parse, std::string_view expected) {
    const auto token = peek();
    if (token.empty()) return fail(expected);
    auto parsed = parse(token);
    if (!parsed) return fail(expected);
    out = *std::move(parsed);
    take();
    return true;
  }

  bool failed() const { return failed_; }
  // "expected `expected`, found `the next token`". Answers false, for the caller to return.
  bool fail(std::string_view expected);
  // An error that is not a missing token, at the last token begun. Answers whether there is none.
  bool check(const Problem& problem);
  bool line_done();  // fails where a token is left
  const TraceError& error() const { return error_; }
  std::size_t line() const { return line_; }

 private:
  void skip_blanks();
  std::string_view token_at(std::size_t position) const;
  std::string found() const;
  void set_error(std::string what, std::size_t position);
  bool unescape(std::string& out);

  std::string_view text_;
  std::size_t position_ = 0;
  std::size_t token_ = 0;  // where the last token began
  std::size_t line_begin_ = 0;
  std::size_t line_ = 0;
  bool failed_ = false;
  TraceError error_;
};

}  // namespace ovlspec::oracle
