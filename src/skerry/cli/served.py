"""Asking a server to run a subcommand, see `skerry.cli.server`; nothing heavy is imported for that."""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import sys

__all__ = ["LENGTH_BYTES", "address_of", "asked_of_server", "is_of_this_user"]

LENGTH_BYTES = 8
"""That tell how long a request is."""
_KILLED = 137
"""Exit status of a shell for a process that was killed."""


def address_of(name: str) -> str:
    """What the environment says of a server: the Python that it runs, and the name of its socket."""
    return f"{sys.prefix}\n{name}"


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
        Exit status; None if the server is of another Python, or is not there.
    """
    prefix, _, name = address.partition("\n")
    if prefix != sys.prefix:
        return None
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(f"\0{name}")
        except OSError:
            return None
        if not is_of_this_user(connection):
            return None

        request = json.dumps([arguments, os.getcwd(), dict(os.environ)]).encode()  # noqa: PTH109
        try:
            socket.send_fds(connection, [len(request).to_bytes(LENGTH_BYTES)], [1, 2])
            connection.sendall(request)
            # Whoever ends this process waits for the end of the one that works for it, which tidies up.
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: connection.shutdown(socket.SHUT_WR))
            answer = connection.recv(1)
        except ConnectionError:
            answer = b""
    if not answer:
        print("skerry: error: the process that did the work was killed, maybe for want of memory", file=sys.stderr)
        return _KILLED
    return answer[0]
