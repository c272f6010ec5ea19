// Between Python's values and the vocabulary's. Names and paths are str as os.fsdecode makes them, so that every byte
// survives; data is bytes.
#pragma once

#include <pybind11/pybind11.h>

#include <string>
#include <string_view>

#include "model/vocabulary/attributes.h"
#include "model/vocabulary/outcome.h"

namespace ovlspec::python {

namespace py = pybind11;

// The bytes of a str (os.fsencode), bytes or os.PathLike. TypeError for anything else.
std::string name_of(const py::handle& value);
py::str to_name(std::string_view bytes);

// The bytes of a str (UTF-8) or bytes-like object. TypeError for anything else.
std::string data_of(const py::handle& value);

// Nanoseconds since the epoch, as in os.stat_result.
py::int_ nanoseconds(Time time);
Time time_of(const py::int_& nanoseconds);

// "file", "dir", "symlink", "char", "block", "fifo", "socket". ValueError for another word.
FileType file_type_of(std::string_view word);

// "ENOENT" or its number; OSError objects too. ValueError for an error that is not of the vocabulary.
Errno errno_of(const py::handle& value);

// None, bytes, int, Attributes, list[str], list[DirectoryEntry] or FileSystemStatus.
py::object to_python(const Outcome::Payload& payload);
Outcome::Payload payload_of(const py::handle& value);

}  // namespace ovlspec::python
