# SPDX-License-Identifier: GPL-3.0-or-later
"""A node that lies, for bitcoin.sh: it answers getaddr with a private address, addresses from the
future, and names that nobody else has.

usage: bitcoin_liar.py HOST PORT MAGIC
"""
import hashlib, socketserver, struct, sys, time

host, port, magic = sys.argv[1], int(sys.argv[2]), bytes.fromhex(sys.argv[3])


def message(command, payload=b""):
    check = hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    return magic + command.encode().ljust(12, b"\0") + struct.pack("<I", len(payload)) + check + payload


def entry(when, address, at):
    return struct.pack("<I", int(when)) + b"\x09\x01\x04" + bytes(map(int, address.split("."))) + struct.pack(">H", at)


class Liar(socketserver.StreamRequestHandler):
    def handle(self):
        while len(head := self.rfile.read(24)) == 24:
            self.rfile.read(struct.unpack_from("<I", head, 16)[0])
            command = head[4:16].rstrip(b"\0").decode()
            now = time.time()
            if command == "version":
                self.wfile.write(message("version", struct.pack("<iQq", 70016, 9, int(now)) + bytes(52) + b"liarliar" +
                                         b"\x06/liar/" + bytes(5)) + message("verack"))
            elif command == "getaddr":
                lies = [entry(now, "10.1.1.71", 8333), entry(now, "10.1.1.71", 8333)]
                lies += [entry(now + 7200, f"21.0.0.{i}", 8333) for i in range(40)]
                self.wfile.write(message("addrv2", bytes((len(lies),)) + b"".join(lies)))


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


with Server((host, port), Liar) as server:
    print("ready", flush=True)
    server.serve_forever()
