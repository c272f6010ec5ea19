#!/usr/bin/python3
"""Runs a command on a machine whose kernel offers FUSE over io_uring, and ends with its status.

    impl/fuse/with_io_uring.py COMMAND [ARGUMENT]...

The offer is a parameter of the kernel's module fuse, for all mounts of the machine that begin while it is set
(Documentation/filesystems/fuse-io-uring.rst). It is set for as long as the command runs, and then as it was before. 77
where there is no such parameter (Linux before 6.14) or it may not be set.
"""

import pathlib
import signal
import subprocess
import sys

PARAMETER = pathlib.Path("/sys/module/fuse/parameters/enable_uring")
SKIPPED = 77


def main(command):
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        before = PARAMETER.read_text()
        PARAMETER.write_text("Y")
    except OSError as error:
        print(f"FUSE over io_uring cannot be enabled: {error}", file=sys.stderr)
        return SKIPPED
    # The command ends first, and then this.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    try:
        status = subprocess.run(command).returncode
        return status if status >= 0 else 128 - status
    finally:
        PARAMETER.write_text(before)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
