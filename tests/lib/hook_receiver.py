#!/usr/bin/python3
"""A receiver of webhooks over HTTPS: hook_receiver.py FOLDER CERTIFICATE KEY

Prints its port. Of each request it keeps head.N and body.N (N counts from 1) in FOLDER. The first
one is answered with 500, all others with 204.
"""

import http.server
import pathlib
import ssl
import sys

FOLDER = pathlib.Path(sys.argv[1])


class Receiver(http.server.BaseHTTPRequestHandler):
    """Answers one request after the other."""

    count = 0

    def do_POST(self):
        """Keeps what was sent before it is answered."""
        Receiver.count += 1
        body = self.rfile.read(int(self.headers["Content-Length"]))
        (FOLDER / f"body.{Receiver.count}").write_bytes(body)
        (FOLDER / f"head.{Receiver.count}").write_text(str(self.headers))
        self.send_response(500 if Receiver.count == 1 else 204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Says nothing."""


class Server(http.server.ThreadingHTTPServer):
    """A client whose handshake fails ends only its own connection."""

    daemon_threads = True

    def handle_error(self, *_):
        """Says nothing."""


server = Server(("127.0.0.1", 0), Receiver)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
