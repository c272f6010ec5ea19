#include "python/world.h"

#include <algorithm>
#include <utility>

#include "oracle/trace_limits.h"
#include "oracle/trace_words.h"

namespace ovlspec::python {
namespace {

using oracle::Problem;

constexpr const char* kNoLayer = "no layer was begun: lower() or upper() comes first";

oracle::LayerImage image_of(std::uint8_t place, const model::Layer& layer) {
  return oracle::LayerImage{.layer = layer, .place = place};
}

}  // namespace

void World::begin_lower(std::uint8_t place) {
  lowers_.push_back(BegunLayer{.place = place, .builder = {}});
  in_upper_ = false;
}

Problem World::begin_upper(std::uint8_t place) {
  if (upper_) return "there is an upper already";
  upper_ = BegunLayer{.place = place, .builder = {}};
  in_upper_ = true;
  return std::nullopt;
}

oracle::LayerBuilder* World::current() {
  if (in_upper_) return &upper_->builder;
  return lowers_.empty() ? nullptr : &lowers_.back().builder;
}

Problem World::make_parents(const std::string& path) {
  for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string parent = path.substr(0, slash);
    if (current()->has(parent)) continue;
    model::Inode directory{.type = FileType::kDirectory, .mode = 0755};
    if (Problem problem = current()->add(parent, std::move(directory), {})) return problem;
  }
  return std::nullopt;
}

Problem World::add(const std::string& path, model::Inode inode, model::Marks marks) {
  if (current() == nullptr) return kNoLayer;
  if (Problem problem = oracle::check_layer_path(path)) return problem;
  if (Problem problem = oracle::check_object(inode, marks)) return problem;
  if (Problem problem = make_parents(path)) return problem;
  return current()->add(path, std::move(inode), std::move(marks));
}

Problem World::link(const std::string& path, const std::string& to) {
  if (current() == nullptr) return kNoLayer;
  if (Problem problem = oracle::check_layer_path(path)) return problem;
  if (Problem problem = make_parents(path)) return problem;
  return current()->link(path, to);
}

Problem World::add_option(std::string option) {
  if (Problem problem = oracle::check_option(option)) return problem;
  options_.push_back(std::move(option));
  return std::nullopt;
}

Problem World::add_caller(std::string name, Caller caller) {
  if (!oracle::is_caller_name(name)) return "`" + name + "` is no name for a caller";
  const auto same = [&](const oracle::NamedCaller& known) { return known.name == name; };
  if (name == "root" || std::any_of(callers_.begin(), callers_.end(), same))
    return "there is a caller `" + name + "` already";
  if (callers_.size() + 1 >= oracle::limits::kCallers) return "too many callers";
  callers_.push_back(oracle::NamedCaller{.name = std::move(name), .caller = std::move(caller)});
  return std::nullopt;
}

Problem World::finish(oracle::Trace& trace) const {
  if (lowers_.empty()) return "a stack has one lower at least";
  for (const BegunLayer& lower : lowers_) trace.lowers.push_back(image_of(lower.place, lower.builder.layer()));
  if (upper_) trace.upper = image_of(upper_->place, upper_->builder.layer());
  trace.options = options_;
  trace.callers = {oracle::NamedCaller{.name = "root", .caller = superuser()}};
  trace.callers.insert(trace.callers.end(), callers_.begin(), callers_.end());
  return std::nullopt;
}

}  // namespace ovlspec::python
