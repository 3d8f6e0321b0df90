#!/usr/bin/env python3
"""Makes a mongod that was started with --replSet rs0 a one-node replica set and waits until it is primary.

    initiate.py PORT

Needs no driver: it speaks the wire protocol's OP_MSG with the few BSON types that the two commands use.
"""

import socket
import struct
import sys
import time


def bson(document):
    body = b""
    for name, value in document.items():
        key = name.encode() + b"\0"
        if isinstance(value, str):
            text = value.encode() + b"\0"
            body += b"\x02" + key + struct.pack("<i", len(text)) + text
        elif isinstance(value, int):
            body += b"\x10" + key + struct.pack("<i", value)
        elif isinstance(value, list):
            body += b"\x04" + key + bson({str(i): v for i, v in enumerate(value)})
        else:
            body += b"\x03" + key + bson(value)
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def command(port, document):
    message = struct.pack("<i", 0) + b"\0" + bson({**document, "$db": "admin"})
    with socket.create_connection(("127.0.0.1", port), timeout=5) as s:
        s.sendall(struct.pack("<iiii", len(message) + 16, 1, 0, 2013) + message)
        reply = b""
        while len(reply) < 4 or len(reply) < struct.unpack("<i", reply[:4])[0]:
            part = s.recv(65536)
            if not part:
                raise OSError("connection closed")
            reply += part
    return reply


def main():
    port = int(sys.argv[1])
    initiate = {"replSetInitiate": {"_id": "rs0", "members": [{"_id": 0, "host": f"127.0.0.1:{port}"}]}}
    deadline, initiated = time.monotonic() + 60, False
    while time.monotonic() < deadline:
        try:
            if not initiated:
                command(port, initiate)
                initiated = True
            if b"isWritablePrimary\0\x01" in command(port, {"hello": 1}):
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"initiate.py: mongod on port {port} is no primary after 60 s")


if __name__ == "__main__":
    main()
