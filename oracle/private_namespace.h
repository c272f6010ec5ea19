// A mount namespace of this process's own, so that nothing that a subject mounts is seen, or stays, outside.
#pragma once

#include "oracle/subject.h"

namespace ovlspec::oracle {

// Takes the calling thread into the process's private mount namespace, which the first call makes, and gives the thread
// a working directory, root directory and umask of its own. Fails (EPERM) where the process may not. Threads: any; each
// one that mounts or uses a mount calls it, and only the first call of a thread does anything.
Attempt<Done> enter_private_namespace();

// In a child process, after a fork: the first call of a thread that is new makes a namespace again, as if the parent
// had none.
void forget_namespace_of_parent();

}  // namespace ovlspec::oracle
