"""Loaded by Python at the start of every function that the sandbox runs: database names lead to the sandbox's servers.

The table (SANDBOX_ENDPOINTS, written by sandbox/aurora/names.py) says of each name where it is: address and port. A
database name that is not in it is unknown, and never asked of a real DNS server. Connections leave from the address of
the function's region (SANDBOX_OUTGOING), so that whoever they reach knows from where they come. All else is left alone.
"""

import json
import os
import socket

DATABASES = ".rds.amazonaws.com"
IP_BIND_ADDRESS_NO_PORT = 24  # linux/in.h: the port is chosen when it connects, so that ports do not run out

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


def _leave_from(address):
    """Bind every connection to the loopback to the region's own address."""

    def bound(connect):
        def connecting(self, target):
            ours = self.family == socket.AF_INET and isinstance(target, tuple) and _is_loopback(target[0])
            if ours and self.getsockname()[0] == "0.0.0.0":
                self.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
                self.bind((address, 0))
            return connect(self, target)

        return connecting

    socket.socket.connect = bound(socket.socket.connect)
    socket.socket.connect_ex = bound(socket.socket.connect_ex)


def _is_loopback(host):
    return host == "localhost" or host.startswith("127.")


_address = json.loads(os.environ.get("SANDBOX_OUTGOING") or "{}").get(os.environ.get("AWS_REGION"))
if _address:
    _leave_from(_address)
if os.environ.get("SANDBOX_ENDPOINTS"):
    socket.getaddrinfo = _getaddrinfo
