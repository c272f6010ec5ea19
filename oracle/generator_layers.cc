#include "oracle/generator_layers.h"

#include <algorithm>

namespace ovlspec::oracle {
namespace {

constexpr std::ptrdiff_t kDeepest = 3;  // slashes in a path

bool is_deep(std::string_view path) { return std::count(path.begin(), path.end(), '/') >= kDeepest; }

model::Marks whiteout_marks() {
  model::Marks marks;
  marks.whiteout = true;
  return marks;
}

}  // namespace

FileType LayerGenerator::type() {
  constexpr std::array<FileType, 16> kTypes{
      FileType::kRegular,   FileType::kRegular,   FileType::kRegular,   FileType::kRegular,
      FileType::kRegular,   FileType::kRegular,   FileType::kRegular,   FileType::kDirectory,
      FileType::kDirectory, FileType::kDirectory, FileType::kDirectory, FileType::kDirectory,
      FileType::kSymlink,   FileType::kSymlink,   FileType::kFifo,      FileType::kCharDevice};
  if (random_.percent(2)) return random_.percent(50) ? FileType::kSocket : FileType::kBlockDevice;
  return random_.pick(kTypes);
}

std::string LayerGenerator::symlink_target(const PathSet& around) {
  const GuessedPath* path = around.pick(random_);
  switch (random_.below(8)) {
    case 0: return "..";
    case 1: return "missing";
    case 2: return values_.name().append("/../").append(values_.name());
    case 3: return path == nullptr ? "." : "/" + path->path;
    case 4: return path == nullptr || path->path.empty() ? "/" : path->path;
    case 5: return "../" + values_.name();
    default: return values_.name();
  }
}

std::string LayerGenerator::redirect(const PathSet& below) {
  const GuessedPath* directory = below.pick(random_, FileType::kDirectory);
  if (directory == nullptr || random_.percent(20)) return random_.percent(50) ? "/missing/x" : "missing";
  if (random_.percent(25)) return values_.name();
  return "/" + directory->path;
}

model::Inode LayerGenerator::object(FileType type, const PathSet& around) {
  model::Inode inode;
  inode.type = type;
  const bool directory = type == FileType::kDirectory;
  if (type == FileType::kSymlink)
    inode.mode = 0777;
  else
    inode.mode = random_.percent(60) ? (directory ? 0755 : 0644)
                 : directory         ? values_.directory_mode()
                                     : values_.mode();
  inode.uid = random_.percent(60) ? 0 : values_.uid();
  inode.gid = random_.percent(60) ? 0 : values_.gid();
  inode.device = values_.device(type);
  inode.access_time = model::FreeTime::at(values_.time());
  inode.modify_time = model::FreeTime::at(values_.time());
  if (type == FileType::kRegular) inode.content = model::Content(values_.data());
  if (type == FileType::kRegular && random_.percent(4)) inode.content.resize(inode.content.size() + values_.offset());
  if (type == FileType::kSymlink) inode.content = model::Content(symlink_target(around));
  for (unsigned left = random_.percent(15) ? 1 + random_.below(2) : 0; left != 0; --left) {
    const std::string name = values_.plain_xattr_name(type);
    model::set_xattr(inode, name, values_.xattr_value());
  }
  return inode;
}

void LayerGenerator::add(LayerBuilder& builder, const std::string& path, model::Inode inode, model::Marks marks) {
  const FileType type = marks.whiteout ? FileType::kCharDevice : inode.type;
  if (!builder.add(path, std::move(inode), std::move(marks))) present_.add(path, type);
}

bool LayerGenerator::make_parents(LayerBuilder& builder, const std::string& path) {
  const std::string parent(parent_of(path));
  if (parent.empty()) return true;
  if (const auto type = present_.type(parent)) return *type == FileType::kDirectory;
  if (!make_parents(builder, parent)) return false;
  add(builder, parent, object(FileType::kDirectory, present_), {});
  return present_.has(parent);
}

std::string LayerGenerator::free_path(const PathSet& below) {
  const GuessedPath* known = below.pick(random_);
  if (known != nullptr && random_.percent(45)) return known->path;
  const GuessedPath* parent = random_.percent(65) ? present_.pick(random_, FileType::kDirectory) : nullptr;
  if (parent == nullptr || is_deep(parent->path)) return values_.name();
  return joined(parent->path, values_.name());
}

void LayerGenerator::directory(LayerBuilder& builder, const std::string& path, LayerRole role, const PathSet& below) {
  model::Marks marks;
  if (role != LayerRole::kBottom) {
    marks.opaque = random_.percent(14);
    if (!marks.opaque && random_.percent(10)) marks.redirect = redirect(below);
  }
  const auto redirected = marks.redirect;
  add(builder, path, object(FileType::kDirectory, below), std::move(marks));
  // As a rename leaves it: the old name is hidden.
  if (!redirected || !redirected->starts_with('/') || random_.percent(30)) return;
  const std::string old = redirected->substr(1);
  if (!below.has(old) || present_.has(old) || is_within(path, old)) return;
  if (make_parents(builder, old)) add(builder, old, {}, whiteout_marks());
}

void LayerGenerator::entry(LayerBuilder& builder, LayerRole role, const PathSet& below) {
  const std::string path = free_path(below);
  if (present_.has(path) || !make_parents(builder, path)) return;
  if (role != LayerRole::kBottom && random_.percent(14)) {
    add(builder, path, {}, whiteout_marks());
    return;
  }
  const GuessedPath* linked = random_.percent(14) ? present_.pick(random_, FileType::kRegular) : nullptr;
  if (linked != nullptr) {
    if (!builder.link(path, linked->path)) present_.add(path, FileType::kRegular);
    return;
  }
  const FileType its_type = type();
  if (its_type == FileType::kDirectory)
    directory(builder, path, role, below);
  else
    add(builder, path, object(its_type, below), {});
}

model::Layer LayerGenerator::layer(LayerRole role, const PathSet& below) {
  constexpr unsigned kMostEntries = 14;
  LayerBuilder builder;
  present_ = PathSet();
  for (unsigned left = random_.below(kMostEntries); left != 0; --left) entry(builder, role, below);
  if (random_.percent(6)) {
    // The root keeps its search permission, without which nobody else would get anywhere.
    model::Inode root = object(FileType::kDirectory, below);
    root.mode |= 0111;
    static_cast<void>(builder.add("", std::move(root), {}));
  }
  return builder.take();
}

}  // namespace ovlspec::oracle
