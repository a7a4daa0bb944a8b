"""A SPARQL endpoint that misbehaves in the way that its path names, for benchmarks/bad_input.py and the tests.

    python -m benchmarks.liar

It prints its port and serves until it is killed.
"""

from __future__ import annotations

import gzip
import http.server
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

JSON = "application/sparql-results+json"
COUNT = b'{"head":{"vars":["n"]},"results":{"bindings":[{"n":{"type":"literal","value":"1"}}]}}'
TERM = '"%s":{"type":"uri","value":"urn:other"}'
QUAD = f'{{"head":{{"vars":["s","p","o","g"]}},"results":{{"bindings":[{{{",".join(TERM % n for n in "spog")}}}]}}}}'
BODIES = {
    "/blanks": (JSON, b""),
    "/blank": (JSON, COUNT.replace(b"literal", b"bnode")),
    "/half": (JSON, COUNT[:50]),
    "/html": ("text/html", b"<h1>hello</h1>"),
    "/part": ("text/tab-separated-values", b"?s\n<urn:a>\n<urn:"),
    "/word": (JSON, COUNT.replace(b'"1"', b'"many"')),
    "/wrong": (JSON, QUAD.encode()),
    "/yes": (JSON, b'{"head":{},"boolean":true}'),
}
STATUS = {"/redirect": 307, "/gateway": 504, "/refuse": 403}
SILENT = 60


class Liar(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/silent":
            time.sleep(SILENT)
        if self.path == "/headers":
            self.forever(b"HTTP/1.1 200 OK\r\nX-Drip: ", b"x", 0.1)
        kind, body = BODIES.get(self.path, (JSON, COUNT))
        self.send_response(STATUS.get(self.path, 200))
        self.send_header("Content-Type", kind)
        if self.path == "/redirect":
            self.send_header("Location", "http://127.0.0.1:9/")
        if self.path == "/cut":
            self.send_header("Content-Length", "1000000")
        if self.path in ("/packed", "/bomb"):
            self.send_header("Content-Encoding", "gzip, gzip")
            body = gzip.compress(gzip.compress(body)) if self.path == "/packed" else BOMB
        self.end_headers()
        if self.path == "/endless":
            self.forever(b"", b" " * (1 << 20), 0)
        if self.path == "/drip":
            self.forever(b"", b" ", 0.1)
        if self.path == "/blanks":
            self.wfile.writelines([b" " * (1 << 20)] * 255)
        self.wfile.write(body)

    def forever(self, begin: bytes, part: bytes, seconds: float) -> None:
        """Send a part again and again."""
        self.wfile.write(begin)
        while True:
            self.wfile.write(part)
            time.sleep(seconds)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:  # the other side has had enough
            self.close_connection = True


def bomb() -> bytes:
    """Return half a gigabyte of blanks as a few kilobytes, packed twice."""
    packer = zlib.compressobj(1, wbits=31)
    parts = [packer.compress(b" " * (1 << 20)) for _ in range(512)]
    return gzip.compress(b"".join([*parts, packer.flush()]))


BOMB = bomb() if __name__ == "__main__" else b""


@contextmanager
def served() -> Iterator[str]:
    """Start the server in a process of its own, and give its address."""
    command, root = [sys.executable, "-m", "benchmarks.liar"], Path(__file__).parents[1]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.kill()


def main() -> None:
    """Serve on a free port of this machine."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
