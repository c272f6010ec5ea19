// What operations answer, and on whose behalf they are made.
#include <pybind11/stl.h>
#include <sys/stat.h>

#include <string>
#include <utility>
#include <vector>

#include "model/vocabulary/attributes.h"
#include "model/vocabulary/caller.h"
#include "model/vocabulary/outcome.h"
#include "oracle/trace_text.h"
#include "oracle/trace_words.h"
#include "python/bindings.h"
#include "python/convert.h"

namespace ovlspec::python {
namespace {

FileType file_type_of_mode(unsigned mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR: return FileType::kDirectory;
    case S_IFLNK: return FileType::kSymlink;
    case S_IFCHR: return FileType::kCharDevice;
    case S_IFBLK: return FileType::kBlockDevice;
    case S_IFIFO: return FileType::kFifo;
    case S_IFSOCK: return FileType::kSocket;
    default: return FileType::kRegular;
  }
}

Device device_of(const py::object& number) {
  const py::module_ os = py::module_::import("os");
  return Device{.major = os.attr("major")(number).cast<std::uint32_t>(),
                .minor = os.attr("minor")(number).cast<std::uint32_t>()};
}

Attributes from_stat(const py::object& stat) {
  const auto mode = stat.attr("st_mode").cast<unsigned>();
  Attributes attributes;
  attributes.type = file_type_of_mode(mode);
  attributes.mode = mode & kModeMask;
  attributes.links = stat.attr("st_nlink").cast<std::uint32_t>();
  attributes.uid = stat.attr("st_uid").cast<Uid>();
  attributes.gid = stat.attr("st_gid").cast<Gid>();
  if (attributes.type == FileType::kCharDevice || attributes.type == FileType::kBlockDevice)
    attributes.device = device_of(stat.attr("st_rdev"));
  attributes.size = stat.attr("st_size").cast<FileSize>();
  attributes.blocks = stat.attr("st_blocks").cast<std::uint64_t>();
  attributes.access_time = time_of(stat.attr("st_atime_ns").cast<py::int_>());
  attributes.modify_time = time_of(stat.attr("st_mtime_ns").cast<py::int_>());
  attributes.change_time = time_of(stat.attr("st_ctime_ns").cast<py::int_>());
  attributes.number = stat.attr("st_ino").cast<InodeNumber>();
  attributes.file_system = stat.attr("st_dev").cast<std::uint64_t>();
  return attributes;
}

std::string text_of(const Attributes& attributes) { return oracle::outcome_text(Outcome::success(attributes)); }

void bind_attributes(py::module_& module) {
  py::class_<Attributes>(module, "Attributes", "What stat shows of an object.")
      .def_static("from_stat", &from_stat, py::arg("stat"), "Of an os.stat_result.")
      .def_property_readonly(
          "type", [](const Attributes& a) { return oracle::word_of(a.type); },
          "str: file, dir, symlink, char, block, fifo or socket")
      .def_readonly("mode", &Attributes::mode, "int: permission bits, 0 to 0o7777; never the type")
      .def_readonly("links", &Attributes::links, "int: st_nlink")
      .def_readonly("uid", &Attributes::uid, "int")
      .def_readonly("gid", &Attributes::gid, "int")
      .def_property_readonly(
          "device", [](const Attributes& a) { return std::pair(a.device.major, a.device.minor); },
          "(major, minor) that a device node names; (0, 0) for what is none")
      .def_readonly("size", &Attributes::size, "int: bytes; of a symlink, the length of its target")
      .def_readonly("blocks", &Attributes::blocks, "int: st_blocks, units of 512 bytes")
      .def_property_readonly(
          "access_time", [](const Attributes& a) { return nanoseconds(a.access_time); },
          "int: nanoseconds since the epoch")
      .def_property_readonly(
          "modify_time", [](const Attributes& a) { return nanoseconds(a.modify_time); },
          "int: nanoseconds since the epoch")
      .def_property_readonly(
          "change_time", [](const Attributes& a) { return nanoseconds(a.change_time); },
          "int: nanoseconds since the epoch")
      .def_readonly("number", &Attributes::number, "int: st_ino, 64 bits")
      .def_readonly("file_system", &Attributes::file_system, "int: st_dev, as one opaque number")
      .def("__eq__", [](const Attributes& one, const Attributes& other) { return one == other; })
      .def("__repr__", [](const Attributes& a) { return "<Attributes " + text_of(a) + ">"; });
}

DirectoryEntry make_entry(const py::object& name, InodeNumber number, const py::object& type) {
  DirectoryEntry entry{.name = name_of(name), .number = number, .type = FileType::kRegular, .type_known = false};
  if (type.is_none()) return entry;
  entry.type = file_type_of(type.cast<std::string>());
  entry.type_known = true;
  return entry;
}

void bind_directory_entry(py::module_& module) {
  py::class_<DirectoryEntry>(module, "DirectoryEntry",
                             "One entry as readdir returns it; `.` and `..` are entries, too.")
      .def(py::init(&make_entry), py::arg("name"), py::arg("number"), py::arg("type") = py::none(),
           "number is d_ino; type is a word as in Attributes.type, or None where d_type was unknown.")
      .def_property_readonly(
          "name", [](const DirectoryEntry& entry) { return to_name(entry.name); }, "str")
      .def_readonly("number", &DirectoryEntry::number, "int: d_ino")
      .def_property_readonly(
          "type",
          [](const DirectoryEntry& entry) -> py::object {
            if (!entry.type_known) return py::none();
            return py::cast(oracle::word_of(entry.type));
          },
          "str, as Attributes.type; None where it was unknown")
      .def("__eq__", [](const DirectoryEntry& one, const DirectoryEntry& other) { return one == other; })
      .def("__repr__", [](const DirectoryEntry& entry) {
        return "<DirectoryEntry " + oracle::outcome_text(Outcome::success(std::vector{entry})) + ">";
      });
}

FileSystemStatus make_status(std::uint64_t name_max, std::uint64_t block_size, const std::string& access) {
  if (access != "read-only" && access != "read-write") throw py::value_error("access is read-only or read-write");
  return FileSystemStatus{.name_max = name_max, .block_size = block_size, .read_only = access == "read-only"};
}

void bind_status(py::module_& module) {
  py::class_<FileSystemStatus>(module, "FileSystemStatus", "What statfs shows.")
      .def(py::init(&make_status), py::arg("name_max"), py::arg("block_size"), py::arg("access") = "read-write")
      .def_readonly("name_max", &FileSystemStatus::name_max, "int: bytes of a name")
      .def_readonly("block_size", &FileSystemStatus::block_size, "int: bytes")
      .def_readonly("read_only", &FileSystemStatus::read_only, "bool")
      .def("__eq__", [](const FileSystemStatus& one, const FileSystemStatus& other) { return one == other; });
}

void bind_outcome(py::module_& module) {
  py::class_<Outcome>(module, "Outcome", "What an operation answered: a success with a value, or an error.")
      .def_static(
          "success", [](const py::object& value) { return Outcome::success(payload_of(value)); },
          py::arg("value") = py::none(),
          "The value is by operation: read, readlink, getxattr: bytes; write: int, bytes written; stat:\n"
          "Attributes; listxattr: list[str]; readdir, list: list[DirectoryEntry]; statfs: FileSystemStatus; all\n"
          "others None. TypeError for another type.")
      .def_static(
          "failure", [](const py::object& error) { return Outcome::failure(errno_of(error)); }, py::arg("error"),
          "error is 'ENOENT', its number, or an OSError; ValueError for an unknown one.")
      .def_property_readonly(
          "ok", [](const Outcome& outcome) { return outcome.ok(); }, "bool")
      .def_property_readonly(
          "error", [](const Outcome& outcome) { return errno_name(outcome.error); },
          "str: 'ENOENT', ...; 'OK' for a success")
      .def_property_readonly(
          "errno", [](const Outcome& outcome) { return static_cast<int>(outcome.error); },
          "int: Linux number; 0 for a success")
      .def_property_readonly(
          "value", [](const Outcome& outcome) { return to_python(outcome.payload); },
          "as success() takes it; None for an error")
      .def("__eq__", [](const Outcome& one, const Outcome& other) { return one == other; })
      .def("__bool__", [](const Outcome& outcome) { return outcome.ok(); })
      .def("__str__", &oracle::outcome_text)
      .def("__repr__", [](const Outcome& outcome) { return "<Outcome " + oracle::outcome_text(outcome) + ">"; });
}

Caller make_caller(Uid uid, Gid gid, std::vector<Gid> groups, Mode umask, const std::string& capabilities) {
  const auto parsed = oracle::parse_capabilities(capabilities);
  if (!parsed) throw py::value_error("capabilities are `all`, `none` or names with commas, not `" + capabilities + "`");
  return Caller{.uid = uid, .gid = gid, .groups = std::move(groups), .umask = umask, .capabilities = *parsed};
}

void bind_caller(py::module_& module) {
  py::class_<Caller>(module, "Caller", "On whose behalf an operation is made.")
      .def(py::init(&make_caller), py::kw_only(), py::arg("uid"), py::arg("gid"),
           py::arg("groups") = std::vector<Gid>{}, py::arg("umask") = 0, py::arg("capabilities") = "none",
           "uid and gid are the file system's; groups are supplementary, without gid; umask 0 to 0o777; capabilities "
           "are\n"
           "`all`, `none` or names with commas: chown, dac_override, dac_read_search, fowner, fsetid, sys_admin, "
           "mknod,\n"
           "setfcap. ValueError for another word.")
      .def_static("root", &superuser, "Root with every capability and umask 0.")
      .def_readonly("uid", &Caller::uid, "int")
      .def_readonly("gid", &Caller::gid, "int")
      .def_readonly("groups", &Caller::groups, "list[int]")
      .def_readonly("umask", &Caller::umask, "int")
      .def_property_readonly(
          "capabilities", [](const Caller& caller) { return oracle::capabilities_text(caller.capabilities); }, "str")
      .def("__eq__", [](const Caller& one, const Caller& other) { return one == other; });
}

}  // namespace

void bind_values(py::module_& module) {
  bind_attributes(module);
  bind_directory_entry(module);
  bind_status(module);
  bind_outcome(module);
  bind_caller(module);
}

}  // namespace ovlspec::python
