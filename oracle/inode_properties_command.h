// `ovlspec inode-properties`: the document's table of inode properties beside what the running kernel does.
#pragma once

#include "oracle/check.h"

namespace ovlspec::oracle {

// Prints the table, for each property that does not hold one counterexample, and the known exceptions that were met. A
// violation is a breach of a promise that no exception concerns.
ExitStatus print_inode_properties();

}  // namespace ovlspec::oracle
