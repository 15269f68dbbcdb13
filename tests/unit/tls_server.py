"""HTTPS on loopback, with a certificate of the tests' own authority."""

import contextlib
import http.server
import ssl
import threading


class QuietHandler(http.server.BaseHTTPRequestHandler):
    """One that writes no log of its requests."""

    def log_message(self, *_):
        """Says nothing."""


@contextlib.contextmanager
def serving(authority, host, handler, address="127.0.0.1", port=0):
    """The port on which a class of QuietHandler answers for `host`; a client that hangs up is no error."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(host).configure_cert(context)
    with http.server.ThreadingHTTPServer((address, port), handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
