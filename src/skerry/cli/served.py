"""Asking a server to run a subcommand, see `skerry.cli.server`; nothing heavy is imported for that."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import struct
import sys
from contextlib import suppress

__all__ = ["BEGUN", "LENGTH_BYTES", "address_of", "asked_of_server", "has_streams", "is_of_this_user"]

BEGUN = b"\1"
"""What a copy says when it has a request: until then, nothing is done."""

LENGTH_BYTES = 8
"""That tell how long a request is."""
_KILLED = 137
"""Exit status of a shell for a process that was killed."""


def address_of(name: str) -> str:
    """What the environment says of a server: who may ask it, and the name of its socket."""
    return f"{_conditions()}\n{name}"


def _conditions() -> str:
    """What a copy of a process has of it, and who asks for the copy has to have, too, for the same to be done.

    The Python and what it is told by its environment, the mask of new files, limits, priority and cores. The rest of
    the environment, the directory and the standard streams are those of who asks.
    """
    mask = os.umask(0o77)
    os.umask(mask)
    names = (name for name in dir(resource) if name.startswith("RLIMIT_"))
    limits = {name: resource.getrlimit(getattr(resource, name)) for name in sorted(names)}
    told = {name: value for name, value in sorted(os.environ.items()) if name.startswith(("PYTHON", "LC_", "LANG"))}
    # A server does what it would do with it in any case.
    told.pop("PYTHONSAFEPATH", None)
    cores = sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []
    return json.dumps([sys.prefix, mask, limits, os.getpriority(os.PRIO_PROCESS, 0), cores, told])


def has_streams() -> bool:
    """Whether the standard streams are open; if not, other files get their numbers."""
    try:
        for number in range(3):
            os.fstat(number)
    except OSError:
        return False
    return True


def is_of_this_user(connection: socket.socket) -> bool:
    """Whether who is at the other end runs as the same user: the socket's name has no owner."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return bool(struct.unpack("3i", credentials)[1] == os.getuid())


def asked_of_server(address: str, arguments: list[str]) -> int | None:
    """Have a subcommand run by a server.

    Parameters
    ----------
    address : str
        Of the server, as of `address_of`.
    arguments : list of str
        Words of the command line.

    Returns
    -------
    int or None
        Exit status; None if nothing is done: there is no server, it is not under the conditions of this process, or
        it cannot be given the directory and the standard streams.
    """
    conditions, _, name = address.partition("\n")
    if conditions != _conditions() or not has_streams():
        return None
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            request = json.dumps([arguments, os.getcwd(), dict(os.environ)]).encode()  # noqa: PTH109
            connection.connect(f"\0{name}")
            if not is_of_this_user(connection):
                return None
            socket.send_fds(connection, [len(request).to_bytes(LENGTH_BYTES)], [0, 1, 2])
            connection.sendall(request)
            begun = connection.recv(1) == BEGUN
        except OSError:
            begun = False
        if not begun:
            return None

        def pass_on(number: int, _: object) -> None:
            with suppress(OSError):
                connection.send(bytes([number]))

        # Whoever ends this process waits for the end of the one that works for it, which tidies up.
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, pass_on)
        try:
            answer = connection.recv(1)
        except ConnectionError:
            answer = b""
    if not answer:
        print("skerry: error: the process that did the work was killed, maybe for want of memory", file=sys.stderr)
        return _KILLED
    return answer[0]
