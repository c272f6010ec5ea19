#include "python/world.h"

#include <algorithm>

#include "oracle/trace_limits.h"
#include "oracle/trace_words.h"

namespace ovlspec::python {
namespace {

using oracle::Problem;

model::Inode plain_directory() {
  model::Inode inode;
  inode.type = FileType::kDirectory;
  inode.mode = 0755;
  return inode;
}

// What is wrong with an object of a layer; beside a whiteout nothing is.
Problem check_entry(const model::Inode& inode, const model::Marks& marks) {
  return marks.whiteout ? std::nullopt : oracle::check_object(inode, marks);
}

}  // namespace

World::World() { trace_.callers.push_back(oracle::NamedCaller{"root", superuser()}); }

Problem World::lower(std::uint8_t place) {
  if (Problem problem = end_layer()) return problem;
  trace_.lowers.emplace_back().place = place;
  current_ = Current::kLower;
  return std::nullopt;
}

Problem World::upper(std::uint8_t place) {
  if (trace_.upper) return "there is an upper already";
  if (Problem problem = end_layer()) return problem;
  trace_.upper.emplace().place = place;
  current_ = Current::kUpper;
  return std::nullopt;
}

Problem World::end_layer() {
  if (Problem problem = settle()) return problem;
  if (current_ == Current::kLower) trace_.lowers.back().layer = builder_.take();
  if (current_ == Current::kUpper) trace_.upper->layer = builder_.take();
  builder_ = {};
  return std::nullopt;
}

Problem World::settle() {
  if (!last_) return std::nullopt;
  Entry entry = std::move(*last_);
  last_.reset();
  return builder_.add(entry.path, std::move(entry.inode), std::move(entry.marks));
}

Problem World::check_place(const std::string& path) {
  if (current_ == Current::kNone) return "no layer was begun: lower() or upper() comes first";
  if (Problem problem = oracle::check_layer_path(path)) return problem;
  if (Problem problem = settle()) return problem;
  if (!path.empty() && builder_.has(path)) return "the name `" + path + "` is taken";
  for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string parent = path.substr(0, slash);
    const auto known = builder_.layer().tree.at(parent);
    if (!known) {
      if (Problem problem = builder_.add(parent, plain_directory(), {})) return problem;
    } else if (!builder_.layer().tree[*known].is(FileType::kDirectory)) {
      return "`" + parent + "` is no directory";
    }
  }
  return std::nullopt;
}

Problem World::add(const std::string& path, model::Inode inode, model::Marks marks) {
  if (Problem problem = check_entry(inode, marks)) return problem;
  if (Problem problem = check_place(path)) return problem;
  last_ = Entry{.path = path, .inode = std::move(inode), .marks = std::move(marks)};
  return std::nullopt;
}

Problem World::link(const std::string& path, const std::string& to) {
  if (Problem problem = check_place(path)) return problem;
  return builder_.link(path, to);
}

Problem World::change(const std::function<void(model::Inode&, model::Marks&)>& change) {
  if (!last_) return "there is no entry to change: it comes before its mode, owner, ...";
  Entry changed = *last_;
  change(changed.inode, changed.marks);
  if (Problem problem = check_entry(changed.inode, changed.marks)) return problem;
  last_ = std::move(changed);
  return std::nullopt;
}

Problem World::option(std::string option) {
  if (Problem problem = oracle::check_option(option)) return problem;
  trace_.options.push_back(std::move(option));
  return std::nullopt;
}

Problem World::caller(std::string name, Caller caller) {
  if (!oracle::is_caller_name(name)) return "`" + name + "` is no name for a caller";
  const auto same = [&](const oracle::NamedCaller& known) { return known.name == name; };
  if (std::any_of(trace_.callers.begin(), trace_.callers.end(), same))
    return "there is a caller `" + name + "` already";
  if (trace_.callers.size() >= oracle::limits::kCallers) return "too many callers";
  trace_.callers.push_back(oracle::NamedCaller{.name = std::move(name), .caller = std::move(caller)});
  return std::nullopt;
}

Problem World::finish(oracle::Trace& trace) const {
  World copy = *this;
  if (Problem problem = copy.end_layer()) return problem;
  if (copy.trace_.lowers.empty()) return "a stack has one lower at least";
  trace = std::move(copy.trace_);
  return std::nullopt;
}

}  // namespace ovlspec::python
