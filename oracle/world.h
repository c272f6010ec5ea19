// The vocabulary in which tests build traces:
//
//   world().lower().file("a/b", "x").dir("d").upper().whiteout("a").mount().run("rename d e").trace()
//
// Words come in the order of a trace: layers topmost first with their entries, then events. An entry's word adds it to
// the layer begun last, parents that are missing as plain directories; mode(), owner(), ... then change that entry.
// Misuse (a name that is taken, an entry before any layer, an event that does not parse) stops the program with the
// reason: a test's world is fixed.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "oracle/trace.h"

namespace ovlspec::oracle {

class World {
 public:
  World();

  // Layers. A lower is below those before it.
  World& lower(std::uint8_t place = 0);
  World& upper(std::uint8_t place = 0);
  // A new lower that begins with one file.
  World& lower(std::string_view path, std::string_view content) { return lower().file(path, content); }

  // Entries of the last layer. Modes are 644, of directories 755, of symlinks 777. "" is the layer's root.
  World& file(std::string_view path, std::string_view content = {});
  World& dir(std::string_view path);
  World& symlink(std::string_view path, std::string_view target);
  World& link(std::string_view path, std::string_view to);  // another name of an entry
  World& device(std::string_view path, Device device, FileType type = FileType::kCharDevice);
  World& fifo(std::string_view path);
  World& socket(std::string_view path);
  World& whiteout(std::string_view path);

  // The last entry.
  World& mode(Mode mode);
  World& owner(Uid uid, Gid gid);
  World& mtime(std::int64_t seconds);
  World& size(FileSize size);  // zero bytes behind the content, or fewer bytes
  World& xattr(std::string_view name, std::string_view value);
  World& opaque();
  World& redirect(std::string_view to);

  // What comes before the events.
  World& option(std::string_view option);
  World& caller(std::string_view name, Caller caller);
  World& standard_callers();  // alice, bob, carol

  // Events.
  World& mount() { return event(Mount{}); }
  World& unmount() { return event(Unmount{}); }
  World& drop_caches() { return event(DropCaches{}); }
  World& crash() { return event(Crash{}); }
  World& mutate(model::Mutation mutation) { return event(Mutate{std::move(mutation)}); }
  World& step(Operation operation) { return event(Step{0, std::move(operation)}); }
  World& event(Event event);
  // Events in the text encoding, one a line: run("alice open a read %0\nclose %0").
  World& run(std::string_view lines);

  // REQUIRES: at least one lower.
  Trace trace() const;
  // The layers alone, for functions of the model.
  model::Layers layers() const;

 private:
  enum class Current { kNone, kLower, kUpper };

  World& add(std::string_view path, model::Inode inode, model::Marks marks);
  void make_parents(std::string_view path);
  model::Layer& layer();  // begun last
  model::Inode& inode();  // of the last entry
  model::Marks& marks();

  Trace trace_;
  Current current_ = Current::kNone;
  model::ObjectId last_ = model::kNoObject;
};

inline World world() { return World(); }

}  // namespace ovlspec::oracle
