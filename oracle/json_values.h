// JSON objects of a trace, member by member. Only the JSON encoding's own files include this.
#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/layer.h"
#include "model/vocabulary/outcome.h"
#include "oracle/layer_entries.h"
#include "oracle/trace_fields.h"
#include "oracle/trace_limits.h"
#include "oracle/trace_words.h"

namespace ovlspec::oracle {

using Json = nlohmann::ordered_json;

Json json_bytes(std::string_view bytes);

// Takes the keys of one object and remembers the first error.
class JsonReader {
 public:
  // `problem` holds the first error of a whole line.
  JsonReader(const Json& object, Problem& problem) : object_(object), problem_(problem) {
    if (!object.is_object()) fail("expected an object");
  }

  bool failed() const { return problem_.has_value(); }
  void fail(std::string what) {
    if (!problem_) problem_ = std::move(what);
  }
  void check(const Problem& problem) {
    if (problem) fail(*problem);
  }
  void expected(std::string_view name, std::string_view what) {
    fail("`" + std::string(name) + "`: expected " + std::string(what));
  }
  Problem& problem() { return problem_; }

  // The value of a key, now taken; nullptr where it is missing.
  const Json* take(std::string_view name);
  bool has(std::string_view name) const { return object_.is_object() && object_.contains(name); }
  // Fails for a key that nobody took.
  void done();

  // A missing key is an error for `need_*` and leaves the value alone for the others.
  void need_bytes(std::string_view name, std::string& value);
  void bytes(std::string_view name, std::string& value);
  template <typename Integer>
  void number(std::string_view name, Integer& value, Integer limit = std::numeric_limits<Integer>::max()) {
    const Json* found = take(name);
    if (found == nullptr) return;
    if (!found->is_number_unsigned() || found->get<std::uint64_t>() > limit)
      return expected(name, "a number of " + std::to_string(limit) + " at most");
    value = found->get<Integer>();
  }
  void boolean(std::string_view name, bool& value);
  // A string that `parse` takes.
  template <typename Value, typename Parse>
  void word(std::string_view name, Value& value, Parse parse, std::string_view what) {
    const Json* found = take(name);
    if (found == nullptr) return;
    auto parsed = found->is_string() ? parse(std::string_view(found->get_ref<const std::string&>())) : std::nullopt;
    if (!parsed) return expected(name, what);
    value = *std::move(parsed);
  }
  void need(std::string_view name) {
    if (!has(name)) fail("a key `" + std::string(name) + "` is missing");
  }

 private:
  const Json& object_;
  Problem& problem_;
  std::vector<std::string_view> taken_;
};

Problem read_bytes(const Json& value, std::string& bytes);

Json json_object(std::string_view path, const model::Inode& inode, const model::Marks& marks);
Json json_entries(const model::Layer& layer);
void read_object(JsonReader& reader, std::string& path, model::Inode& inode, model::Marks& marks);
void read_entries(const Json& entries, model::Layer& layer, Problem& problem);
void read_layer_path(JsonReader& reader, std::string_view name, std::string& path);

Json json_outcome(const Outcome& outcome);
void read_outcome(const Json& value, Outcome& outcome, Problem& problem);

}  // namespace ovlspec::oracle
