#include <pybind11/stl.h>

#include <optional>
#include <string>

#include "python/bindings.h"
#include "python/operations.h"
#include "python/subject_handle.h"

namespace ovlspec::python {
namespace {

namespace py = pybind11;

Outcome apply(SubjectHandle& subject, const std::string& operation, const std::optional<Caller>& caller) {
  return subject.apply(caller ? *caller : superuser(), operation_of(operation));
}

void bind_mounting(py::class_<SubjectHandle>& subject) {
  subject
      .def("prepare", &SubjectHandle::prepare, py::arg("trace"),
           "Makes fresh layers from the trace's images, and forgets everything from before. Plays no event. Failure;\n"
           "ValueError while mounted.")
      .def("mount", &SubjectHandle::mount, "Failure where the mount is refused; ValueError while mounted.")
      .def("unmount", &SubjectHandle::unmount, "Closes all slots. Failure; ValueError while not mounted.")
      .def("crash", &SubjectHandle::crash, "Kills the daemon, and unmounts. Failure; ValueError while not mounted.")
      .def("drop_caches", &SubjectHandle::drop_caches, "Forgets what is cached. ValueError while not mounted.")
      .def(
          "__enter__", [](SubjectHandle& s) -> SubjectHandle& { return s; },
          py::return_value_policy::reference_internal)
      .def("__exit__", [](SubjectHandle& s, const py::args&) {
        if (s.mounted()) s.unmount();
      });
}

}  // namespace

void bind_subjects(py::module_& module) {
  py::class_<SubjectHandle> subject(
      module, "Subject",
      "Something that mounts overlays: `engine` (in process), `fuse` (ours, mounted), `kernel` or `kernel:OPTIONS`.\n\n"
      "Mounts are in a mount namespace of their own, never seen by the rest of the process, and gone with the "
      "subject.\n"
      "As a context manager it unmounts at the end.");
  subject.def(py::init<const std::string&>(), py::arg("name"),
              "ValueError for an unknown name; Failure where it cannot run here (no right to mount, no /dev/fuse).");
  bind_mounting(subject);
  subject.def_property_readonly("name", &SubjectHandle::name, "str")
      .def_property_readonly("mounted", &SubjectHandle::mounted, "bool")
      .def("apply", &apply, py::arg("operation"), py::arg("caller") = py::none(),
           "The Outcome of one operation, a line of the text encoding: `open a/b write %0`, `write %0 @0 \"x\"`. "
           "Without\n"
           "a Caller, as root with every capability. TraceError; ValueError while not mounted.")
      .def(
          "mutate", [](SubjectHandle& s, const std::string& lines) { s.mutate(mutation_of(lines)); },
          py::arg("mutation"),
          "Changes the layers as somebody does while nothing is mounted: `lower 0 remove a/b`, `upper put file a 600\n"
          "\"new\"`, `swap-lowers 0 1`. A path that does not exist: nothing happens. TraceError, Failure; ValueError "
          "while\n"
          "mounted.")
      .def("scan", &SubjectHandle::scan, "The Scanned layers as they are on disk. Failure; ValueError while mounted.")
      .def("kernel_view", &SubjectHandle::kernel_view,
           "The Tree that the kernel's own read-only mount of the layers shows; None where the kernel cannot mount "
           "them.\n"
           "Failure; ValueError while mounted.");
}

}  // namespace ovlspec::python
