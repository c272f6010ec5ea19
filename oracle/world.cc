#include "oracle/world.h"

#include <cstdio>
#include <cstdlib>
#include <string>

#include "oracle/layer_entries.h"
#include "oracle/standard_callers.h"
#include "oracle/trace_text.h"
#include "oracle/trace_words.h"

namespace ovlspec::oracle {
namespace {

[[noreturn]] void stop(const std::string& reason) {
  std::fprintf(stderr, "world: %s\n", reason.c_str());
  std::abort();
}

void require(const Problem& problem) {
  if (problem) stop(*problem);
}

model::Inode plain(FileType type, Mode mode) {
  model::Inode inode;
  inode.type = type;
  inode.mode = mode;
  return inode;
}

std::string_view parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

}  // namespace

World::World() { trace_.callers.push_back(NamedCaller{"root", superuser()}); }

World& World::lower(std::uint8_t place) {
  trace_.lowers.emplace_back().place = place;
  current_ = Current::kLower;
  last_ = model::kRoot;
  return *this;
}

World& World::upper(std::uint8_t place) {
  if (trace_.upper) stop("there is an upper already");
  trace_.upper.emplace().place = place;
  current_ = Current::kUpper;
  last_ = model::kRoot;
  return *this;
}

model::Layer& World::layer() {
  switch (current_) {
    case Current::kNone: break;
    case Current::kLower: return trace_.lowers.back().layer;
    case Current::kUpper: return trace_.upper->layer;
  }
  stop("an entry stands before any layer");
}

model::Inode& World::inode() { return layer().tree[last_]; }
model::Marks& World::marks() { return layer().marks[last_]; }

void World::make_parents(std::string_view path) {
  const auto parent = parent_of(path);
  if (parent.empty() || layer().tree.at(parent)) return;
  dir(parent);
}

World& World::add(std::string_view path, model::Inode inode, model::Marks marks) {
  make_parents(path);
  LayerBuilder builder(std::move(layer()));
  require(builder.add(path, std::move(inode), std::move(marks)));
  layer() = builder.take();
  last_ = *layer().tree.at(path);
  return *this;
}

World& World::file(std::string_view path, std::string_view content) {
  model::Inode inode = plain(FileType::kRegular, 0644);
  inode.content = model::Content(std::string(content));
  return add(path, std::move(inode), {});
}

World& World::dir(std::string_view path) { return add(path, plain(FileType::kDirectory, 0755), {}); }

World& World::symlink(std::string_view path, std::string_view target) {
  model::Inode inode = plain(FileType::kSymlink, 0777);
  inode.content = model::Content(std::string(target));
  return add(path, std::move(inode), {});
}

World& World::link(std::string_view path, std::string_view to) {
  make_parents(path);
  LayerBuilder builder(std::move(layer()));
  require(builder.link(path, to));
  layer() = builder.take();
  last_ = *layer().tree.at(path);
  return *this;
}

World& World::device(std::string_view path, Device device, FileType type) {
  model::Inode inode = plain(type, 0644);
  inode.device = device;
  return add(path, std::move(inode), {});
}

World& World::fifo(std::string_view path) { return add(path, plain(FileType::kFifo, 0644), {}); }
World& World::socket(std::string_view path) { return add(path, plain(FileType::kSocket, 0644), {}); }

World& World::whiteout(std::string_view path) {
  model::Marks marks;
  marks.whiteout = true;
  return add(path, {}, std::move(marks));
}

World& World::mode(Mode mode) {
  inode().mode = mode & kModeMask;
  return *this;
}

World& World::owner(Uid uid, Gid gid) {
  inode().uid = uid;
  inode().gid = gid;
  return *this;
}

World& World::mtime(std::int64_t seconds) {
  inode().modify_time = model::FreeTime::at(Time{seconds, 0});
  return *this;
}

World& World::size(FileSize size) {
  inode().content.resize(size);
  require(check_object(inode(), marks()));
  return *this;
}

World& World::xattr(std::string_view name, std::string_view value) {
  model::set_xattr(inode(), name, std::string(value));
  require(check_object(inode(), marks()));
  return *this;
}

World& World::opaque() {
  marks().opaque = true;
  require(check_object(inode(), marks()));
  return *this;
}

World& World::redirect(std::string_view to) {
  marks().redirect = std::string(to);
  require(check_object(inode(), marks()));
  return *this;
}

World& World::option(std::string_view option) {
  require(check_option(option));
  trace_.options.emplace_back(option);
  return *this;
}

World& World::caller(std::string_view name, Caller caller) {
  if (!is_caller_name(name)) stop("`" + std::string(name) + "` is no name for a caller");
  for (const NamedCaller& known : trace_.callers)
    if (known.name == name) stop("there is a caller `" + std::string(name) + "` already");
  trace_.callers.push_back(NamedCaller{std::string(name), std::move(caller)});
  return *this;
}

World& World::standard_callers() {
  for (NamedCaller& named : oracle::standard_callers())
    if (named.name != "root") caller(named.name, std::move(named.caller));
  return *this;
}

World& World::event(Event event) {
  trace_.events.push_back(std::move(event));
  return *this;
}

World& World::run(std::string_view lines) {
  auto parsed = parse_events(lines, trace_.callers);
  if (!parsed.ok()) stop(parsed.error.describe());
  for (Event& event : *parsed.events) trace_.events.push_back(std::move(event));
  return *this;
}

Trace World::trace() const {
  if (trace_.lowers.empty()) stop("there is no lower");
  return trace_;
}

model::Layers World::layers() const {
  model::Layers layers;
  for (const LayerImage& lower : trace_.lowers) layers.lowers.push_back(lower.layer);
  if (trace_.upper) layers.upper = trace_.upper->layer;
  return layers;
}

}  // namespace ovlspec::oracle
