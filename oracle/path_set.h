// Paths that probably exist, for choosing among them; no model of a file system.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/layer.h"
#include "oracle/random.h"

namespace ovlspec::oracle {

struct GuessedPath {
  std::string path;  // plain components; never the root
  FileType type = FileType::kRegular;
};

class PathSet {
 public:
  // What a layer holds, laid over what was there: its whiteouts and opaque directories take away.
  void cover_with(const model::Layer& layer);
  // What a layer holds, whiteouts as files.
  static PathSet of(const model::Layer& layer);

  void add(std::string path, FileType type);
  // With its subtree.
  void remove(std::string_view path);
  // With its subtree, and what was at `to` is replaced. Into its own subtree: nothing happens.
  void move(const std::string& from, const std::string& to);
  void exchange(const std::string& one, const std::string& other);

  bool empty() const { return paths_.empty(); }
  std::size_t size() const { return paths_.size(); }
  bool has(const std::string& path) const { return numbers_.contains(path); }
  std::optional<FileType> type(const std::string& path) const;
  // Any path; one of a type, where a few tries find one. Nothing where there is none.
  const GuessedPath* pick(Random& random) const;
  const GuessedPath* pick(Random& random, FileType type) const;
  bool has_children(std::string_view directory) const;

 private:
  void drop(std::size_t number);

  std::vector<GuessedPath> paths_;
  std::unordered_map<std::string, std::size_t> numbers_;
};

// Whether `path` is `directory` or below it.
bool is_within(std::string_view path, std::string_view directory);
// Without the last component; empty at the top.
std::string_view parent_of(std::string_view path);
std::string joined(std::string_view directory, std::string_view name);

}  // namespace ovlspec::oracle
