// The Python module `ovlspec`: the specification and the oracle, for harnesses.
#include "python/bindings.h"

PYBIND11_MODULE(ovlspec, module) {
  module.doc() =
      "The specification of overlay file systems, and the oracle that judges them by it.\n\n"
      "    stack = ovlspec.world().lower().file('a/b', b'x').whiteout('a')\n"
      "    trace = stack.run('mount\\nstat a/b\\nunmount').trace()\n"
      "    result = ovlspec.run('engine', trace)\n"
      "    assert result.conforms, result.finding\n\n"
      "Names and paths are str as os.fsdecode makes them (bytes are taken, too); data is bytes; times are nanoseconds\n"
      "since the epoch; modes are the permission bits, never the type. Operations, mutations and events are lines of\n"
      "the text encoding of traces, in which quote() writes any name or data.";
  using namespace ovlspec::python;
  bind_errors(module);
  bind_rules(module);
  bind_values(module);
  bind_trees(module);
  bind_traces(module);
  bind_worlds(module);
  bind_subjects(module);
  bind_judging(module);
  bind_check(module);
}
