#include <string>
#include <utility>

#include "oracle/trace_text.h"
#include "python/bindings.h"
#include "python/convert.h"
#include "python/errors.h"
#include "python/world.h"

namespace ovlspec::python {
namespace {

void check(const oracle::Problem& problem) {
  if (problem) throw py::value_error(*problem);
}

// The attributes that entries have in common, as keywords: mode, uid, gid, access_time, modify_time, xattrs.
model::Inode inode_of(FileType type, Mode mode, const py::kwargs& attributes) {
  model::Inode inode{.type = type, .mode = mode};
  for (const auto& [key, value] : attributes) {
    const auto name = key.cast<std::string>();
    if (name == "mode")
      inode.mode = value.cast<Mode>();
    else if (name == "uid")
      inode.uid = value.cast<Uid>();
    else if (name == "gid")
      inode.gid = value.cast<Gid>();
    else if (name == "access_time")
      inode.access_time = model::FreeTime::at(time_of(value.cast<py::int_>()));
    else if (name == "modify_time")
      inode.modify_time = model::FreeTime::at(time_of(value.cast<py::int_>()));
    else if (name == "xattrs")
      for (const auto& [xattr, data] : value.cast<py::dict>()) set_xattr(inode, name_of(xattr), data_of(data));
    else
      throw py::type_error("unknown attribute `" + name + "`");
  }
  if (inode.mode > kModeMask) throw py::value_error("a mode has permission bits alone, 0 to 0o7777");
  return inode;
}

World& add(World& world, const py::object& path, model::Inode inode, model::Marks marks = {}) {
  check(world.add(name_of(path), std::move(inode), std::move(marks)));
  return world;
}

World& add_dir(World& world, const py::object& path, const py::kwargs& attributes) {
  return add(world, path, inode_of(FileType::kDirectory, 0755, attributes));
}

World& add_opaque(World& world, const py::object& path, const py::kwargs& attributes) {
  return add(world, path, inode_of(FileType::kDirectory, 0755, attributes), model::Marks{.opaque = true});
}

World& add_redirected(World& world, const py::object& path, const py::object& target, const py::kwargs& attributes) {
  return add(world, path, inode_of(FileType::kDirectory, 0755, attributes), model::Marks{.redirect = name_of(target)});
}

World& add_file(World& world, const py::object& path, const py::object& content, const py::kwargs& attributes) {
  model::Inode inode = inode_of(FileType::kRegular, 0644, attributes);
  inode.content = model::Content(data_of(content));
  return add(world, path, std::move(inode));
}

World& add_symlink(World& world, const py::object& path, const py::object& target, const py::kwargs& attributes) {
  model::Inode inode = inode_of(FileType::kSymlink, 0777, attributes);
  inode.content = model::Content(name_of(target));
  return add(world, path, std::move(inode));
}

template <FileType type>
World& add_special(World& world, const py::object& path, const py::kwargs& attributes) {
  return add(world, path, inode_of(type, 0644, attributes));
}

template <FileType type>
World& add_device(World& world, const py::object& path, std::uint32_t major, std::uint32_t minor,
                  const py::kwargs& attributes) {
  model::Inode inode = inode_of(type, 0644, attributes);
  inode.device = Device{.major = major, .minor = minor};
  return add(world, path, std::move(inode));
}

World& add_whiteout(World& world, const py::object& path) {
  return add(world, path, oracle::whiteout_inode(), model::Marks{.whiteout = true});
}

std::uint8_t place_of(unsigned place) {
  if (place >= oracle::kPlaces) throw py::value_error("a place is 0 to " + std::to_string(oracle::kPlaces - 1));
  return static_cast<std::uint8_t>(place);
}

oracle::Trace finished(const World& world, const std::string& events) {
  oracle::Trace trace;
  check(world.finish(trace));
  oracle::EventsOrError parsed = oracle::parse_events(events, trace.callers);
  if (!parsed.ok()) raise(parsed.error);
  trace.events = std::move(*parsed.events);
  return trace;
}

constexpr auto kSelf = py::return_value_policy::reference_internal;

void bind_layers_of(py::class_<World>& world) {
  world
      .def(
          "lower",
          [](World& w, unsigned place) -> World& {
            w.begin_lower(place_of(place));
            return w;
          },
          py::arg("place") = 0, kSelf,
          "Begins a lower below those begun before. place 0 to 3: equal places are one file system. ValueError.")
      .def(
          "upper",
          [](World& w, unsigned place) -> World& {
            check(w.begin_upper(place_of(place)));
            return w;
          },
          py::arg("place") = 0, kSelf, "Begins the upper. Without one the stack is read-only. ValueError for a second.")
      .def(
          "option",
          [](World& w, std::string option) -> World& {
            check(w.add_option(std::move(option)));
            return w;
          },
          py::arg("option"), kSelf, "Adds a mount option.")
      .def(
          "caller",
          [](World& w, std::string name, const Caller& caller) -> World& {
            check(w.add_caller(std::move(name), caller));
            return w;
          },
          py::arg("name"), py::arg("caller"), kSelf,
          "Names a caller for the events; `root` is there. ValueError for a name that is taken or no word.")
      .def("trace", &finished, py::arg("events") = "",
           "The Trace: this stack, and events one a line as Trace.parse reads them, without the layers. TraceError;\n"
           "ValueError without a lower.");
}

void bind_entries(py::class_<World>& world) {
  world
      .def("dir", &add_dir, py::arg("path"), kSelf,
           "A directory, 0o755. '' is the layer's root, before all else in it.")
      .def("opaque", &add_opaque, py::arg("path"), kSelf, "An opaque directory, 0o755.")
      .def("redirected", &add_redirected, py::arg("path"), py::arg("target"), kSelf,
           "A directory that merges with `target` below: a sibling's name, or an absolute path from the root.")
      .def("file", &add_file, py::arg("path"), py::arg("content") = py::bytes(), kSelf,
           "A regular file, 0o644; content is bytes, or str as UTF-8.")
      .def("symlink", &add_symlink, py::arg("path"), py::arg("target"), kSelf, "A symlink, 0o777.")
      .def(
          "link",
          [](World& w, const py::object& path, const py::object& to) -> World& {
            check(w.link(name_of(path), name_of(to)));
            return w;
          },
          py::arg("path"), py::arg("to"), kSelf, "A hard link: another name of the object at `to`, no directory.")
      .def("fifo", &add_special<FileType::kFifo>, py::arg("path"), kSelf, "A fifo, 0o644.")
      .def("socket", &add_special<FileType::kSocket>, py::arg("path"), kSelf, "A socket, 0o644.")
      .def("char", &add_device<FileType::kCharDevice>, py::arg("path"), py::arg("major"), py::arg("minor"), kSelf,
           "A character device, 0o644; 0:0 is a whiteout and refused here.")
      .def("block", &add_device<FileType::kBlockDevice>, py::arg("path"), py::arg("major"), py::arg("minor"), kSelf,
           "A block device, 0o644.")
      .def("whiteout", &add_whiteout, py::arg("path"), kSelf, "A whiteout: hides the name in the layers below.");
}

}  // namespace

void bind_worlds(py::module_& module) {
  py::class_<World> world(
      module, "World",
      "Builds the layers of a trace: world().lower().file('a/b', b'x').upper().whiteout('a/b').trace('mount').\n\n"
      "Every method but trace() gives the world itself. Entries go to the layer begun last; missing parents are made,\n"
      "0o755. Keywords of entries: mode (permission bits), uid, gid, access_time, modify_time (nanoseconds since the\n"
      "epoch, 0), xattrs (dict of str to bytes). ValueError for an entry that a layer cannot hold, or a name taken.");
  bind_layers_of(world);
  bind_entries(world);
  module.def(
      "world", [] { return World(); }, "A World without layers.");
}

}  // namespace ovlspec::python
