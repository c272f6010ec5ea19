#include <functional>
#include <string>
#include <utility>

#include "oracle/standard_callers.h"
#include "oracle/trace_limits.h"
#include "oracle/trace_text.h"
#include "python/bindings.h"
#include "python/convert.h"
#include "python/errors.h"
#include "python/operations.h"
#include "python/world.h"

namespace ovlspec::python {
namespace {

constexpr auto kSelf = py::return_value_policy::reference_internal;

World& checked(World& world, const oracle::Problem& problem) {
  if (problem) throw py::value_error(*problem);
  return world;
}

model::Inode plain(FileType type, Mode mode) {
  model::Inode inode;
  inode.type = type;
  inode.mode = mode;
  return inode;
}

World& add(World& world, const py::object& path, model::Inode inode, model::Marks marks = {}) {
  return checked(world, world.add(name_of(path), std::move(inode), std::move(marks)));
}

World& add_file(World& world, const py::object& path, const py::object& content) {
  model::Inode inode = plain(FileType::kRegular, 0644);
  inode.content = model::Content(data_of(content));
  return add(world, path, std::move(inode));
}

World& add_symlink(World& world, const py::object& path, const py::object& target) {
  model::Inode inode = plain(FileType::kSymlink, 0777);
  inode.content = model::Content(name_of(target));
  return add(world, path, std::move(inode));
}

World& add_device(World& world, const py::object& path, std::pair<std::uint32_t, std::uint32_t> device,
                  const std::string& type) {
  const FileType kind = file_type_of(type);
  if (kind != FileType::kCharDevice && kind != FileType::kBlockDevice)
    throw py::value_error("a device is char or block");
  model::Inode inode = plain(kind, 0644);
  inode.device = Device{.major = device.first, .minor = device.second};
  return add(world, path, std::move(inode));
}

World& add_whiteout(World& world, const py::object& path) {
  model::Marks marks;
  marks.whiteout = true;
  return add(world, path, oracle::whiteout_inode(), std::move(marks));
}

World& add_link(World& world, const py::object& path, const py::object& to) {
  return checked(world, world.link(name_of(path), name_of(to)));
}

std::uint8_t place_of(unsigned place) {
  if (place >= oracle::kPlaces) throw py::value_error("a place is 0 to " + std::to_string(oracle::kPlaces - 1));
  return static_cast<std::uint8_t>(place);
}

World& set_mode(World& world, Mode mode) {
  if (mode > kModeMask) throw py::value_error("a mode has permission bits alone, 0 to 0o7777");
  return checked(world, world.change([=](model::Inode& inode, model::Marks&) { inode.mode = mode; }));
}

World& set_owner(World& world, Uid uid, Gid gid) {
  return checked(world, world.change([=](model::Inode& inode, model::Marks&) {
    inode.uid = uid;
    inode.gid = gid;
  }));
}

World& set_mtime(World& world, std::int64_t seconds) {
  return checked(world, world.change([=](model::Inode& inode, model::Marks&) {
    inode.modify_time = model::FreeTime::at(Time{.seconds = seconds, .nanoseconds = 0});
  }));
}

World& set_size(World& world, FileSize size) {
  if (size > kFileSizeLimit) throw py::value_error("a file has 16 MiB at most");
  return checked(world, world.change([=](model::Inode& inode, model::Marks&) { inode.content.resize(size); }));
}

World& add_xattr(World& world, const py::object& name, const py::object& value) {
  const std::string key = name_of(name);
  const std::string data = data_of(value);
  return checked(world, world.change([&](model::Inode& inode, model::Marks&) { set_xattr(inode, key, data); }));
}

World& make_opaque(World& world) {
  return checked(world, world.change([](model::Inode&, model::Marks& marks) { marks.opaque = true; }));
}

World& set_redirect(World& world, const py::object& to) {
  const std::string target = name_of(to);
  return checked(world, world.change([&](model::Inode&, model::Marks& marks) { marks.redirect = target; }));
}

World& run(World& world, const std::string& lines) {
  oracle::EventsOrError parsed = oracle::parse_events(lines, world.callers());
  if (!parsed.ok()) raise(parsed.error);
  for (oracle::Event& event : *parsed.events) world.event(std::move(event));
  return world;
}

template <typename Event>
World& add_event(World& world) {
  world.event(Event{});
  return world;
}

void bind_layers_of(py::class_<World>& world) {
  world
      .def(
          "lower", [](World& w, unsigned place) -> World& { return checked(w, w.lower(place_of(place))); },
          py::arg("place") = 0, kSelf,
          "Begins a lower below those begun before. place 0 to 7: equal places are one file system.")
      .def(
          "upper", [](World& w, unsigned place) -> World& { return checked(w, w.upper(place_of(place))); },
          py::arg("place") = 0, kSelf, "Begins the upper; one at most. Without one the stack is read-only.")
      .def("file", &add_file, py::arg("path"), py::arg("content") = py::bytes(), kSelf,
           "A regular file, 0o644; content is bytes, or str as UTF-8.")
      .def(
          "dir",
          [](World& w, const py::object& path) -> World& { return add(w, path, plain(FileType::kDirectory, 0755)); },
          py::arg("path"), kSelf, "A directory, 0o755. '' is the layer's root.")
      .def("symlink", &add_symlink, py::arg("path"), py::arg("target"), kSelf, "A symlink, 0o777.")
      .def("link", &add_link, py::arg("path"), py::arg("to"), kSelf, "A hard link: another name of an entry.")
      .def("device", &add_device, py::arg("path"), py::arg("device"), py::arg("type") = "char", kSelf,
           "A device node, 0o644: (major, minor), char or block. A char device (0, 0) is a whiteout, refused here.")
      .def(
          "fifo", [](World& w, const py::object& path) -> World& { return add(w, path, plain(FileType::kFifo, 0644)); },
          py::arg("path"), kSelf, "A fifo, 0o644.")
      .def(
          "socket",
          [](World& w, const py::object& path) -> World& { return add(w, path, plain(FileType::kSocket, 0644)); },
          py::arg("path"), kSelf, "A socket, 0o644.")
      .def("whiteout", &add_whiteout, py::arg("path"), kSelf, "A whiteout: hides the name in the layers below.");
}

void bind_last_entry(py::class_<World>& world) {
  world.def("mode", &set_mode, py::arg("mode"), kSelf, "Permission bits of the last entry, 0 to 0o7777.")
      .def("owner", &set_owner, py::arg("uid"), py::arg("gid"), kSelf, "Of the last entry; 0 and 0 without it.")
      .def("mtime", &set_mtime, py::arg("seconds"), kSelf, "Seconds since the epoch, of the last entry; 0 without it.")
      .def("size", &set_size, py::arg("size"), kSelf,
           "Bytes of the last entry, a file: zero bytes behind its content, or fewer bytes. 16 MiB at most.")
      .def("xattr", &add_xattr, py::arg("name"), py::arg("value"), kSelf,
           "An extended attribute of the last entry: its name with its namespace, and bytes.")
      .def("opaque", &make_opaque, kSelf, "Makes the last entry, a directory, opaque.")
      .def("redirect", &set_redirect, py::arg("to"), kSelf,
           "The last entry, a directory, merges with this below: a sibling's name, or an absolute path from the root.");
}

void bind_events(py::class_<World>& world) {
  world
      .def(
          "option", [](World& w, std::string option) -> World& { return checked(w, w.option(std::move(option))); },
          py::arg("option"), kSelf, "Adds a mount option.")
      .def(
          "caller",
          [](World& w, std::string name, const Caller& caller) -> World& {
            return checked(w, w.caller(std::move(name), caller));
          },
          py::arg("name"), py::arg("caller"), kSelf, "Names a caller for the events that follow; `root` is there.")
      .def(
          "standard_callers",
          [](World& w) -> World& {
            for (const oracle::NamedCaller& named : oracle::standard_callers())
              if (named.name != "root") checked(w, w.caller(named.name, named.caller));
            return w;
          },
          kSelf, "alice (1000) and bob (1001), who share a group, and carol (1002), who may override permissions.")
      .def("mount", &add_event<oracle::Mount>, kSelf, "The event.")
      .def("unmount", &add_event<oracle::Unmount>, kSelf, "The event; it closes all slots.")
      .def("drop_caches", &add_event<oracle::DropCaches>, kSelf, "The event.")
      .def("crash", &add_event<oracle::Crash>, kSelf, "The event: the daemon is killed, then as unmount.")
      .def(
          "mutate",
          [](World& w, const std::string& lines) -> World& {
            w.event(oracle::Mutate{mutation_of(lines)});
            return w;
          },
          py::arg("mutation"), kSelf, "A change of the layers, as Subject.mutate takes it. TraceError.")
      .def("run", &run, py::arg("lines"), kSelf,
           "Events in the text encoding, one a line: 'alice open a read %0\\nclose %0'. TraceError.")
      .def(
          "trace",
          [](const World& w) {
            oracle::Trace trace;
            if (const auto problem = w.finish(trace)) throw py::value_error(*problem);
            return trace;
          },
          "The Trace that was built. ValueError without a lower.");
}

}  // namespace

void bind_worlds(py::module_& module) {
  py::class_<World> world(
      module, "World",
      "Builds a trace, in the words of the C++ tests:\n\n"
      "    world().lower().file('a/b', b'x').dir('d').upper().whiteout('a').mount().run('rename d e').trace()\n\n"
      "Words come in the order of a trace: layers topmost first with their entries, then events. An entry's word adds "
      "it\n"
      "to the layer begun last, parents that are missing as plain directories; mode(), owner(), ... then change that\n"
      "entry. Every word but trace() gives the world itself. ValueError for what a layer cannot hold.");
  bind_layers_of(world);
  bind_last_entry(world);
  bind_events(world);
  module.def(
      "world", [] { return World(); }, "A World without layers.");
}

}  // namespace ovlspec::python
