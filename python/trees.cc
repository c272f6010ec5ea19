// Trees and layers as values.
#include <pybind11/stl.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/layer.h"
#include "model/merge.h"
#include "model/tree.h"
#include "oracle/layer_entries.h"
#include "oracle/subject.h"
#include "oracle/trace_words.h"
#include "python/bindings.h"
#include "python/convert.h"

namespace ovlspec::python {
namespace {

using model::Inode;
using model::Layer;
using model::Layers;
using model::ObjectId;
using model::Tree;

ObjectId object_at(const Tree& tree, const py::object& path) {
  const std::string bytes = name_of(path);
  if (const auto object = tree.at(bytes)) return *object;
  throw py::key_error(bytes);
}

// Calls `visit` with the path and object of every name, in depth-first order.
void each_name(const Tree& tree, const std::function<void(const std::string&, ObjectId)>& visit) {
  std::vector<std::pair<std::string, ObjectId>> waiting{{"", model::kRoot}};
  while (!waiting.empty()) {
    const auto [path, object] = std::move(waiting.back());
    waiting.pop_back();
    if (object != model::kRoot) visit(path, object);
    const auto& entries = tree[object].entries;
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry)
      waiting.emplace_back(path.empty() ? entry->name : path + "/" + entry->name, entry->object);
  }
}

py::list paths_of(const Tree& tree) {
  py::list paths;
  each_name(tree, [&](const std::string& path, ObjectId) { paths.append(to_name(path)); });
  return paths;
}

py::list marked_paths(const Layer& layer, bool model::Marks::*mark) {
  py::list paths;
  each_name(layer.tree, [&](const std::string& path, ObjectId object) {
    if (layer.mark(object).*mark) paths.append(to_name(path));
  });
  return paths;
}

py::object time_or_none(const model::FreeTime& time) {
  if (!time.known) return py::none();
  return nanoseconds(time.value);
}

py::dict xattrs_of(const Inode& inode) {
  py::dict xattrs;
  for (const model::Xattr& xattr : inode.xattrs) xattrs[to_name(xattr.name)] = py::bytes(xattr.value);
  return xattrs;
}

py::list names_in(const Inode& inode) {
  py::list names;
  for (const model::Entry& entry : inode.entries) names.append(to_name(entry.name));
  return names;
}

void bind_inode(py::module_& module) {
  py::class_<Inode>(module, "Inode", "An object of a tree or a layer, as a value.")
      .def_property_readonly(
          "type", [](const Inode& inode) { return oracle::word_of(inode.type); },
          "str: file, dir, symlink, char, block, fifo or socket")
      .def_readonly("mode", &Inode::mode, "int: permission bits, 0 to 0o7777")
      .def_readonly("uid", &Inode::uid, "int")
      .def_readonly("gid", &Inode::gid, "int")
      .def_property_readonly(
          "device", [](const Inode& i) { return std::pair(i.device.major, i.device.minor); },
          "(major, minor) that a device node names; (0, 0) for what is none")
      .def_property_readonly(
          "access_time", [](const Inode& inode) { return time_or_none(inode.access_time); },
          "int: nanoseconds since the epoch; None where the specification leaves it free")
      .def_property_readonly(
          "modify_time", [](const Inode& inode) { return time_or_none(inode.modify_time); },
          "int: nanoseconds since the epoch; None where the specification leaves it free")
      .def_property_readonly(
          "size", [](const Inode& inode) { return inode.content.size(); }, "int: bytes of content")
      .def_property_readonly(
          "content", [](const Inode& inode) { return py::bytes(inode.content.all()); },
          "bytes: a file's, or a symlink's target")
      .def_property_readonly("xattrs", &xattrs_of, "dict[str, bytes]")
      .def_property_readonly("entries", &names_in, "list[str]: names in a directory, sorted by bytes")
      .def_readonly("links", &Inode::links, "int: names that lead here; 1 for directories");
}

py::object difference(const Tree& seen, const Tree& expected) {
  const auto found = first_difference(seen, expected);
  if (!found) return py::none();
  return py::make_tuple(to_name(found->path), found->what);
}

void bind_tree(py::module_& module) {
  py::class_<Tree>(module, "Tree",
                   "What a user of a normal file system sees. Paths have no leading slash; '' is the root.")
      .def(
          "__getitem__", [](const Tree& tree, const py::object& path) { return tree[object_at(tree, path)]; },
          py::arg("path"), "The Inode at a path; no symlink is followed. KeyError where there is none.")
      .def(
          "__contains__", [](const Tree& tree, const py::object& path) { return tree.at(name_of(path)).has_value(); },
          py::arg("path"))
      .def("paths", &paths_of, "list[str]: every name but the root, parents first; hard links once for each name.")
      .def(
          "same_object",
          [](const Tree& tree, const py::object& one, const py::object& other) {
            return object_at(tree, one) == object_at(tree, other);
          },
          py::arg("one"), py::arg("other"), "bool: whether two paths are hard links of one object. KeyError.")
      .def("difference", &difference, py::arg("expected"),
           "(path, what differs there in words), or None where the trees are the same up to free times.")
      .def("__eq__", [](const Tree& one, const Tree& other) { return !first_difference(one, other).has_value(); });
}

std::optional<std::string> redirect_at(const Layer& layer, const py::object& path) {
  return layer.mark(object_at(layer.tree, path)).redirect;
}

void bind_layers(py::module_& module) {
  py::class_<Layer>(module, "Layer", "One layer: its files, and what the overlay recorded in it.")
      .def_readonly("tree", &Layer::tree, "Tree: all that lies there, an inode for each whiteout included")
      .def(
          "whiteouts", [](const Layer& layer) { return marked_paths(layer, &model::Marks::whiteout); },
          "list[str]: paths of whiteouts")
      .def(
          "opaque", [](const Layer& layer) { return marked_paths(layer, &model::Marks::opaque); },
          "list[str]: paths of opaque directories; the root is not told")
      .def(
          "redirect",
          [](const Layer& layer, const py::object& path) -> py::object {
            const auto redirect = redirect_at(layer, path);
            if (!redirect) return py::none();
            return to_name(*redirect);
          },
          py::arg("path"), "str, or None where the object has no redirect. KeyError where there is no object.")
      .def("__eq__", [](const Layer& one, const Layer& other) { return oracle::same_layer(one, other); });
  py::class_<Layers>(module, "Layers", "A stack of layers.")
      .def_readonly("lowers", &Layers::lowers, "list[Layer]: topmost first")
      .def_readonly("upper", &Layers::upper, "Layer; None for a read-only stack")
      .def(
          "merge", [](const Layers& layers) { return merge(layers).tree; }, "Tree: what the user sees of the stack.");
  py::class_<oracle::Scanned>(module, "Scanned", "The layers as they are on disk.")
      .def_readonly("layers", &oracle::Scanned::layers, "Layers")
      .def_readonly("leftovers", &oracle::Scanned::leftovers,
                    "list[str]: what lies where nothing should, in the work directory or in records");
}

}  // namespace

void bind_trees(py::module_& module) {
  bind_inode(module);
  bind_tree(module);
  bind_layers(module);
}

}  // namespace ovlspec::python
