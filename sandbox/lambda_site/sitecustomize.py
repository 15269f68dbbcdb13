"""Loaded by Python at the start of every function that the sandbox runs: database names lead to the sandbox's servers.

The table (SANDBOX_ENDPOINTS, written by sandbox/aurora/names.py) says of each name where it is: address and port. A
database name that is not in it is unknown, and never asked of a real DNS server. Everything else is left alone.
"""

import json
import os
import socket

DATABASES = ".rds.amazonaws.com"

_real = socket.getaddrinfo
_read = (None, {})  # when the table was written, and the table


def _table():
    global _read
    path = os.environ["SANDBOX_ENDPOINTS"]
    try:
        written = os.stat(path).st_mtime_ns  # noqa: PTH116 - pathlib would slow every cold start
    except FileNotFoundError:
        return {}
    if written != _read[0]:
        with open(path) as file:  # noqa: PTH123
            _read = (written, json.load(file))
    return _read[1]


def _getaddrinfo(host, port, *arguments, **options):
    name = (host.decode() if isinstance(host, bytes) else host or "").rstrip(".").lower()
    if not name.endswith(DATABASES):
        return _real(host, port, *arguments, **options)
    place = _table().get(name)
    if place is None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return _real(place[0], place[1], *arguments, **options)


if os.environ.get("SANDBOX_ENDPOINTS"):
    socket.getaddrinfo = _getaddrinfo
