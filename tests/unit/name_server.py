"""A DNS server on loopback that answers from a dict, over UDP and TCP."""

import contextlib
import socketserver
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


def _response(records, wire, truncate):
    query = dns.message.from_wire(wire)
    question = query.question[0]
    response = dns.message.make_response(query)
    name, kind = str(question.name).rstrip("."), dns.rdatatype.to_text(question.rdtype)
    if truncate:
        response.flags |= dns.flags.TC
    elif (name, kind) in records:
        ttl, *values = records[name, kind]
        response.answer.append(dns.rrset.from_text(f"{name}.", ttl, "IN", kind, *values))
    elif name not in {known for known, _ in records}:
        response.set_rcode(dns.rcode.NXDOMAIN)
    return response.to_wire()


class _Datagrams(socketserver.BaseRequestHandler):
    def handle(self):
        wire, sock = self.request
        sock.sendto(_response(self.server.records, wire, self.server.only_tcp), self.client_address)


class _Stream(socketserver.StreamRequestHandler):
    def handle(self):
        wire = self.rfile.read(int.from_bytes(self.rfile.read(2), "big"))
        answer = _response(self.server.records, wire, False)
        self.wfile.write(len(answer).to_bytes(2, "big") + answer)


@contextlib.contextmanager
def serving(records, only_tcp=False):
    """ "127.0.0.1:port" of a server that knows {(name, type): (ttl, value, …)}.

    With `only_tcp` answers over UDP are empty and marked as truncated.
    """
    with (
        socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Stream) as tcp,
        socketserver.ThreadingUDPServer(tcp.server_address, _Datagrams) as udp,
    ):
        for server in (tcp, udp):
            server.records, server.only_tcp, server.daemon_threads = records, only_tcp, True
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield f"127.0.0.1:{tcp.server_address[1]}"
        finally:
            tcp.shutdown()
            udp.shutdown()
