"""A loopback stand-in for releases.hashicorp.com."""

import hashlib
import http.server
import io
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

PROGRAM = """#!/bin/sh
echo '{"terraform_version": "%s"}'
"""


class Releases:
    """What the server has: paths to bytes; `truncated` paths break off half-way. Every request is remembered."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.truncated: set[str] = set()
        self.requests: list[str] = []
        self.url = ""

    def publish(self, version: str, platform: str, says: str | None = None) -> str:
        """Put up a release whose program says that its version is `says`; return the archive's path."""
        folder, name = f"/terraform/{version}", f"terraform_{version}_{platform}.zip"
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("LICENSE.txt", "licence")
            archive.writestr("terraform", PROGRAM % (says or version))
        checksum = hashlib.sha256(buffer.getvalue()).hexdigest()
        self.files[f"{folder}/{name}"] = buffer.getvalue()
        self.files[f"{folder}/terraform_{version}_SHA256SUMS"] = (
            f"{'0' * 64}  terraform_{version}_plan9_mips.zip\n{checksum}  {name}\n".encode()
        )
        return f"{folder}/{name}"


@contextmanager
def serving() -> Iterator[Releases]:
    releases = Releases()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802 - the name that the base class calls
            releases.requests.append(self.path)
            if (body := releases.files.get(self.path)) is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if self.path in releases.truncated else body)

        def log_message(self, *_: object) -> None:
            """Tests are silent."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        releases.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield releases
        finally:
            server.shutdown()
            thread.join()
