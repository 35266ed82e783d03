#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: refuse.py ERRNO CALL[,CALL...] COMMAND...

Runs COMMAND where the named system calls fail with that errno, as on an older
kernel or in a strict container.  prctl means prctl(PR_SET_SECCOMP) only."""
import ctypes
import errno
import os
import sys

ALLOW, ERRNO = 0x7FFF0000, 0x00050000
PR_SET_SECCOMP, EQUAL = 22, 4


class Comparison(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int),
                ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def main():
    lib = ctypes.CDLL("libseccomp.so.2")
    lib.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(lib.seccomp_init(ctypes.c_uint32(ALLOW)))
    action = ctypes.c_uint32(ERRNO | getattr(errno, sys.argv[1]))
    for call in sys.argv[2].split(","):
        number = lib.seccomp_syscall_resolve_name(call.encode())
        only = (Comparison * 1)(Comparison(0, EQUAL, PR_SET_SECCOMP, 0))
        if lib.seccomp_rule_add_array(context, action, number, int(call == "prctl"), only) != 0:
            sys.exit(f"refuse.py: no rule for {call}")
    if lib.seccomp_load(context) != 0:
        sys.exit("refuse.py: this system takes no filter")
    os.execvp(sys.argv[3], sys.argv[3:])


main()
