#include "python/convert.h"

#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "oracle/trace_words.h"

namespace ovlspec::python {
namespace {

constexpr std::int64_t kNanosecondsASecond = 1'000'000'000;

std::string bytes_of(PyObject* bytes) {
  const auto owned = py::reinterpret_steal<py::bytes>(bytes);
  return std::string(owned);
}

struct ToPython {
  py::object operator()(std::monostate) const { return py::none(); }
  py::object operator()(const std::string& data) const { return py::bytes(data); }
  py::object operator()(std::uint64_t count) const { return py::int_(count); }
  py::object operator()(const Attributes& attributes) const { return py::cast(attributes); }
  py::object operator()(const FileSystemStatus& status) const { return py::cast(status); }
  py::object operator()(const std::vector<std::string>& names) const {
    py::list list;
    for (const std::string& name : names) list.append(to_name(name));
    return list;
  }
  py::object operator()(const std::vector<DirectoryEntry>& entries) const {
    py::list list;
    for (const DirectoryEntry& entry : entries) list.append(py::cast(entry));
    return list;
  }
};

Outcome::Payload payload_of_list(const py::sequence& list) {
  if (list.size() > 0 && py::isinstance<DirectoryEntry>(list[0])) {
    std::vector<DirectoryEntry> entries;
    for (const py::handle entry : list) entries.push_back(entry.cast<DirectoryEntry>());
    return entries;
  }
  std::vector<std::string> names;
  for (const py::handle name : list) names.push_back(name_of(name));
  return names;
}

}  // namespace

std::string name_of(const py::handle& value) {
  PyObject* bytes = nullptr;
  if (PyUnicode_FSConverter(value.ptr(), &bytes) == 0) throw py::error_already_set();
  return bytes_of(bytes);
}

py::str to_name(std::string_view bytes) {
  PyObject* name = PyUnicode_DecodeFSDefaultAndSize(bytes.data(), static_cast<Py_ssize_t>(bytes.size()));
  if (name == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(name);
}

std::string data_of(const py::handle& value) {
  if (py::isinstance<py::str>(value)) return value.cast<std::string>();
  PyObject* bytes = PyObject_CheckBuffer(value.ptr()) != 0 ? PyBytes_FromObject(value.ptr()) : nullptr;
  if (bytes == nullptr) throw py::type_error("data is bytes or str");
  return bytes_of(bytes);
}

// In Python's integers, which hold the nanoseconds of any time.
py::int_ nanoseconds(Time time) {
  return py::int_(py::int_(time.seconds) * py::int_(kNanosecondsASecond) + py::int_(time.nanoseconds));
}

Time time_of(const py::int_& nanoseconds) {
  const py::tuple parts =
      py::reinterpret_steal<py::tuple>(PyNumber_Divmod(nanoseconds.ptr(), py::int_(kNanosecondsASecond).ptr()));
  if (!parts) throw py::error_already_set();
  return Time{.seconds = parts[0].cast<std::int64_t>(), .nanoseconds = parts[1].cast<std::uint32_t>()};
}

FileType file_type_of(std::string_view word) {
  if (const auto type = oracle::from_word<FileType>(word)) return *type;
  throw py::value_error("no file type is called `" + std::string(word) +
                        "`: there are file, dir, symlink, char, block, fifo and socket");
}

Errno errno_of(const py::handle& value) {
  py::object given = py::reinterpret_borrow<py::object>(value);
  if (PyObject_IsInstance(value.ptr(), PyExc_OSError) == 1) given = value.attr("errno");
  const std::optional<Errno> error = py::isinstance<py::int_>(given) ? errno_from_number(given.cast<int>())
                                                                     : errno_from_name(given.cast<std::string>());
  if (!error) throw py::value_error("not an error of the vocabulary: " + std::string(py::str(given)));
  return *error;
}

py::object to_python(const Outcome::Payload& payload) { return std::visit(ToPython{}, payload); }

Outcome::Payload payload_of(const py::handle& value) {
  if (value.is_none()) return std::monostate{};
  if (py::isinstance<Attributes>(value)) return value.cast<Attributes>();
  if (py::isinstance<FileSystemStatus>(value)) return value.cast<FileSystemStatus>();
  if (py::isinstance<py::int_>(value)) return value.cast<std::uint64_t>();
  if (PyObject_CheckBuffer(value.ptr()) != 0) return data_of(value);
  if (py::isinstance<py::list>(value) || py::isinstance<py::tuple>(value))
    return payload_of_list(py::reinterpret_borrow<py::sequence>(value));
  throw py::type_error("an outcome's value is None, bytes, int, Attributes, FileSystemStatus or a list");
}

}  // namespace ovlspec::python
