"""A server that sends more than fits into memory, in its own process: `python hostile.py` prints its port.

The last part of the path, or the model in the body of a POST, selects the response: `whole-<MB>` and `stream-<MB>` unpack to
that
many megabytes, `events-<count>` is a stream of small events, `pieces-<count>` and `comments-<count>` are that many chunks or
lines without content, `values-<count>` is JSON of small values.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import zlib
from collections.abc import Iterator

BLOCK = 2**20
EVENT = b'data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null}]}\n\n'


def packed(first: bytes, megabytes: int) -> Iterator[bytes]:
    """Yield a gzip member: a beginning, followed by megabytes of letters."""
    packer = zlib.compressobj(9, wbits=31)
    yield packer.compress(first) + packer.flush(zlib.Z_SYNC_FLUSH)
    for _ in range(megabytes):
        yield packer.compress(b"x" * BLOCK)
    yield packer.flush()


def repeated(part: bytes, count: int) -> Iterator[bytes]:
    """Yield a part `count` times, in large pieces."""
    many = 1000
    for _ in range(count // many):
        yield part * many


def answer(wanted: str) -> tuple[str, Iterator[bytes], bool]:
    """Return a response's headers, its body, and whether each byte is a chunk of its own."""
    kind, _, size = wanted.partition("-")
    stream = "Content-Type: text/event-stream\r\n"
    match kind:
        case "whole":
            return "Content-Encoding: gzip\r\n", packed(b'{"a": "', int(size)), False
        case "stream":
            return f"{stream}Content-Encoding: gzip\r\n", packed(EVENT, int(size)), False
        case "events":
            return stream, repeated(EVENT, int(size)), False
        case "pieces":
            return stream, repeated(b" ", int(size)), True
        case "comments":
            return stream, repeated(b":\n", int(size)), False
        case "values":
            return "", (part for part in (b"[", *repeated(b"{},", int(size)), b"0]")), False
    raise ValueError(wanted)


def serve(connection: socket.socket) -> None:
    """Answer one request, and close the connection."""
    with connection, connection.makefile("rb") as reading:
        method, path, _ = reading.readline().decode().split()
        length = 0
        while header := reading.readline().strip():
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        wanted = json.loads(reading.read(length))["model"] if method == "POST" else path.rpartition("/")[2]
        more, body, tiny = answer(wanted)
        connection.sendall(f"HTTP/1.1 200 OK\r\n{more}Transfer-Encoding: chunked\r\n\r\n".encode())
        for part in filter(None, body):
            connection.sendall(b"1\r\nx\r\n" * len(part) if tiny else b"%x\r\n%s\r\n" % (len(part), part))
        connection.sendall(b"0\r\n\r\n")


def attend(connection: socket.socket) -> None:
    """Serve a connection, however early its client disconnects."""
    try:
        serve(connection)
    except OSError:
        return


if __name__ == "__main__":
    server = socket.create_server(("127.0.0.1", 0))
    print(server.getsockname()[1], flush=True)

    def accept() -> None:
        """Accept connections, each in its own thread."""
        while True:
            threading.Thread(target=attend, args=(server.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()
