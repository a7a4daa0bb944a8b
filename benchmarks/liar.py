"""A SPARQL endpoint that misbehaves in the way that its path names, for benchmarks/bad_input.py.

    python -m benchmarks.liar

It prints its port and serves until it is killed.
"""

from __future__ import annotations

import http.server
import time

JSON = "application/sparql-results+json"
COUNT = b'{"head":{"vars":["n"]},"results":{"bindings":[{"n":{"type":"literal","value":"1"}}]}}'
TERM = '"%s":{"type":"uri","value":"urn:other"}'
QUAD = f'{{"head":{{"vars":["s","p","o","g"]}},"results":{{"bindings":[{{{",".join(TERM % n for n in "spog")}}}]}}}}'
BODIES = {"/html": ("text/html", b"<h1>hello</h1>"), "/wrong": (JSON, QUAD.encode()), "/half": (JSON, COUNT[:50])}


class Liar(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/silent":
            time.sleep(60)
        kind, body = BODIES.get(self.path, (JSON, COUNT))
        self.send_response({"/redirect": 307, "/gateway": 504}.get(self.path, 200))
        self.send_header("Content-Type", kind)
        if self.path == "/redirect":
            self.send_header("Location", "/redirect")
        if self.path == "/cut":
            self.send_header("Content-Length", "1000000")
        self.end_headers()
        if self.path in ("/endless", "/drip"):
            while True:
                self.wfile.write(b" " * (1 << 20 if self.path == "/endless" else 1))
                time.sleep(0.2 * (self.path == "/drip"))
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:  # the other side has had enough
            self.close_connection = True


def main() -> None:
    """Serve on a free port of this machine."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
