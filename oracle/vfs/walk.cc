#include "oracle/vfs/walk.h"

#include <algorithm>

#include "oracle/vfs/permission.h"

namespace ovlspec::oracle::vfs {
namespace {

std::string_view without_slashes(std::string_view path) {
  return path.substr(std::min(path.find_first_not_of('/'), path.size()));
}

}  // namespace

Walk::Walk(Nodes& nodes, impl::Engine& engine) : nodes_(nodes), engine_(engine) {
  chain_.reserve(64);
  targets_.reserve(names::kSymlinkDepthMax);
}

Status Walk::to_parent(const Caller& caller, std::string_view path) {
  OVLSPEC_TRY(begin(path));
  return descend(caller, path);
}

Status Walk::to_object(const Caller& caller, std::string_view path, Follow follow) {
  OVLSPEC_TRY(to_parent(caller, path));
  bool must_be_directory = false;
  for (;;) {
    if (last_.kind == LastKind::kNormal && last_.slash) {
      must_be_directory = true;
      follow = Follow::kFollow;
    }
    const auto progress = finish(caller, follow);
    if (!progress.ok()) return progress.error();
    if (*progress == Progress::kDone) break;
  }
  if (must_be_directory && object_.attributes.type != FileType::kDirectory) return Errno::kENOTDIR;
  return {};
}

Result<Walk::Progress> Walk::finish(const Caller& caller, Follow follow) {
  const Status found = step(last_);
  last_is_missing_ = found.error() == Errno::kENOENT;
  OVLSPEC_TRY(found);
  if (object_.attributes.type != FileType::kSymlink || follow == Follow::kNoFollow) return Progress::kDone;
  const auto rest = target();
  if (!rest.ok()) return rest.error();
  if (rest->empty()) {  // a link to the root itself
    object_ = chain_.back();
    return Progress::kDone;
  }
  OVLSPEC_TRY(descend(caller, *rest));
  return Progress::kAgain;
}

bool Walk::passes(NodeId node) const {
  return std::any_of(chain_.begin(), chain_.end(), [node](const Place& place) { return place.node == node; });
}

Status Walk::begin(std::string_view path) {
  if (path.empty()) return Errno::kENOENT;
  if (path.size() > names::kPathMax) return Errno::kENAMETOOLONG;
  auto root = nodes_.root();
  if (!root.ok()) return root.error();
  chain_.clear();
  chain_.push_back(*root);
  targets_.clear();
  last_ = LastComponent{};
  return {};
}

Status Walk::descend(const Caller& caller, std::string_view rest) {
  rest = without_slashes(rest);
  std::size_t depth = 0;
  while (!rest.empty()) {
    OVLSPEC_TRY(permits(caller, chain_.back().attributes, kWantSearch));
    const std::size_t end = std::min(rest.find('/'), rest.size());
    LastComponent component = component_of(rest.substr(0, end));
    component.slash = end < rest.size();
    rest = without_slashes(rest.substr(end));
    if (rest.empty()) {
      if (depth == 0) {
        last_ = component;
        return {};
      }
      rest = unfinished_[--depth];
    }
    OVLSPEC_TRY(step(component));
    if (object_.attributes.type == FileType::kSymlink) {
      const auto body = target();
      if (!body.ok()) return body.error();
      if (body->empty()) continue;
      unfinished_[depth++] = rest;
      rest = *body;
    } else {
      OVLSPEC_TRY(enter());
    }
  }
  return {};
}

Status Walk::step(const LastComponent& component) {
  switch (component.kind) {
    case LastKind::kRoot:
    case LastKind::kDot: break;
    case LastKind::kDotDot:
      if (chain_.size() > 1) chain_.pop_back();
      break;
    case LastKind::kNormal: {
      if (component.name.size() > names::kNameMax) return Errno::kENAMETOOLONG;
      auto found = nodes_.lookup(chain_.back().node, component.name);
      if (!found.ok()) return found.error();
      object_ = *found;
      return {};
    }
  }
  object_ = chain_.back();
  return {};
}

Status Walk::enter() {
  if (object_.attributes.type != FileType::kDirectory) return Errno::kENOTDIR;
  if (object_.node != chain_.back().node) chain_.push_back(object_);
  return {};
}

Result<std::string_view> Walk::target() {
  if (targets_.size() == names::kSymlinkDepthMax) return Errno::kELOOP;
  auto body = engine_.symlink_target(object_.node);
  if (!body.ok()) return body.error();
  targets_.push_back(std::move(*body));
  const std::string_view rest = without_slashes(targets_.back());
  if (rest.size() != targets_.back().size()) chain_.resize(1);
  return rest;
}

LastComponent Walk::component_of(std::string_view name) {
  if (name == ".") return {.kind = LastKind::kDot, .name = {}, .slash = false};
  if (name == "..") return {.kind = LastKind::kDotDot, .name = {}, .slash = false};
  return {.kind = LastKind::kNormal, .name = name, .slash = false};
}

}  // namespace ovlspec::oracle::vfs
