#include "oracle/path_set.h"

#include <algorithm>

#include "oracle/layer_entries.h"

namespace ovlspec::oracle {

bool is_within(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

std::string_view parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

std::string joined(std::string_view directory, std::string_view name) {
  if (directory.empty()) return std::string(name);
  return std::string(directory).append("/").append(name);
}

void PathSet::cover_with(const model::Layer& layer) {
  for (const LayerEntry& entry : entries_of(layer)) {
    if (entry.path.empty()) continue;
    const model::Marks& marks = layer.mark(entry.object);
    const FileType type = layer.tree[entry.object].type;
    if (marks.whiteout || marks.opaque || type != FileType::kDirectory) remove(entry.path);
    if (!marks.whiteout) add(entry.path, type);
  }
}

PathSet PathSet::of(const model::Layer& layer) {
  PathSet set;
  for (const LayerEntry& entry : entries_of(layer)) {
    const bool whiteout = layer.mark(entry.object).whiteout;
    if (!entry.path.empty()) set.add(entry.path, whiteout ? FileType::kCharDevice : layer.tree[entry.object].type);
  }
  return set;
}

void PathSet::add(std::string path, FileType type) {
  const auto [it, inserted] = numbers_.try_emplace(path, paths_.size());
  if (inserted)
    paths_.push_back(GuessedPath{std::move(path), type});
  else
    paths_[it->second].type = type;
}

void PathSet::drop(std::size_t number) {
  numbers_.erase(paths_[number].path);
  if (number + 1 != paths_.size()) {
    paths_[number] = std::move(paths_.back());
    numbers_[paths_[number].path] = number;
  }
  paths_.pop_back();
}

void PathSet::remove(std::string_view path) {
  const auto found = numbers_.find(std::string(path));
  if (found == numbers_.end()) return;
  const bool leaf = paths_[found->second].type != FileType::kDirectory;
  drop(found->second);
  if (leaf) return;
  for (std::size_t i = paths_.size(); i-- != 0;)
    if (is_within(paths_[i].path, path)) drop(i);
}

void PathSet::move(const std::string& from, const std::string& to) {
  if (is_within(to, from) || !has(from)) return;
  remove(to);
  std::vector<GuessedPath> moved;
  for (const GuessedPath& path : paths_)
    if (is_within(path.path, from)) moved.push_back(GuessedPath{to + path.path.substr(from.size()), path.type});
  remove(from);
  for (GuessedPath& path : moved) add(std::move(path.path), path.type);
}

void PathSet::exchange(const std::string& one, const std::string& other) {
  if (is_within(one, other) || is_within(other, one) || !has(one) || !has(other)) return;
  const std::string aside = "/aside";
  move(one, aside);
  move(other, one);
  move(aside, other);
}

std::optional<FileType> PathSet::type(const std::string& path) const {
  const auto found = numbers_.find(path);
  if (found == numbers_.end()) return std::nullopt;
  return paths_[found->second].type;
}

const GuessedPath* PathSet::pick(Random& random) const {
  return paths_.empty() ? nullptr : &paths_[random.below(paths_.size())];
}

const GuessedPath* PathSet::pick(Random& random, FileType type) const {
  constexpr int kTries = 12;
  for (int i = 0; i < kTries && !paths_.empty(); ++i) {
    const GuessedPath& path = paths_[random.below(paths_.size())];
    if (path.type == type) return &path;
  }
  return nullptr;
}

bool PathSet::has_children(std::string_view directory) const {
  return std::any_of(paths_.begin(), paths_.end(), [&](const GuessedPath& path) {
    return path.path.size() > directory.size() && is_within(path.path, directory);
  });
}

}  // namespace ovlspec::oracle
