# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripted nodes of a Bitcoin-family network on loopback.

usage: bitcoin_nodes.py MAGIC N PEERS LOG [NEWS-SECONDS]

N nodes, half of them on IPv4 (a port each of an address each), half on ::1.  Each answers
getaddr with a table: every node of the overlay, three hours old, and names of the networks that
nobody dials; then passes on one fresh address, and sends a ping and an announcement of a block.
With NEWS-SECONDS each link gets one more fresh address so often, and a node whose number
stands in the file "drop" ends its links.  PEERS gets the first node's address; LOG a line for each message that a caller sends:
LINK-NUMBER NODE COMMAND LENGTH.  Says ready, and runs until it is killed.
"""
import asyncio, hashlib, ipaddress, struct, sys, time

magic, n, peers, log = bytes.fromhex(sys.argv[1]), int(sys.argv[2]), sys.argv[3], open(sys.argv[4], "w", buffering=1)
news = float(sys.argv[5]) if len(sys.argv) > 5 else 0
nodes, links = [], 0
tasks = []


def message(command, payload=b""):
    check = hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    return magic + command.encode().ljust(12, b"\0") + struct.pack("<I", len(payload)) + check + payload


def entry(when, net, address, port, services=b"\xfd\x09\x04"):
    return struct.pack("<I", int(when)) + services + bytes((net, len(address))) + address + struct.pack(">H", port)


def of_node(host, port, when):
    address = ipaddress.ip_address(host)
    return entry(when, 1 if address.version == 4 else 2, address.packed, port)


def table(now):
    all = [of_node(h, p, now - 3 * 3600) for h, p in nodes]
    all.append(entry(now - 5000, 4, bytes(range(32)), 8333))
    all.append(entry(now - 5000, 5, bytes(range(32)), 0))
    all.append(entry(now - 5000, 6, b"\xfc" + bytes(15), 8333))
    all.append(entry(now - 5000, 7, b"\x02" + bytes(15), 8333))
    return message("addrv2", bytes((len(all),)) + b"".join(all))


def version(now):
    agent = b"/Scripted:1.0/"
    nobody = bytes(26)
    return message("version", struct.pack("<iQq", 70016, 0xc09, int(now)) + nobody + nobody + b"12345678" +
                   bytes((len(agent),)) + agent + struct.pack("<i?", 7, True))


async def tell_news(number, writer):
    count = 0
    while not writer.is_closing():
        await asyncio.sleep(news)
        try:
            if str(number) in open("drop").read().split():
                writer.close()
        except FileNotFoundError:
            pass
        count += 1
        writer.write(message("addrv2", b"\1" + of_node(f"44.{number + 1}.{count // 256}.{count % 256}", 8333, time.time())) +
                     message("ping", b"abcdefgh"))


async def serve(number, reader, writer):
    global links
    links += 1
    link = links
    try:
        while True:
            head = await reader.readexactly(24)
            length = struct.unpack_from("<I", head, 16)[0]
            payload = await reader.readexactly(length)
            command = head[4:16].rstrip(b"\0").decode()
            print(link, number, command, length, file=log)
            now = time.time()
            if head[:4] != magic or message(command, payload)[:24] != head:
                print(link, number, "WRONG", length, file=log)
            if command == "version":
                writer.write(version(now) + message("wtxidrelay") + message("sendaddrv2") + message("verack"))
            elif command == "getaddr":
                fresh = of_node(f"44.0.0.{number + 1}", 8333, now)
                writer.write(message("addrv2", b"\1" + of_node(*nodes[number], now)) +
                             message("ping", b"abcdefgh") + message("inv", bytes(37)) + table(now))
                await writer.drain()
                writer.write(message("addrv2", b"\1" + fresh))
                if news:
                    tasks.append(asyncio.ensure_future(tell_news(number, writer)))
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()


async def main():
    for i in range(n):
        host = f"127.{77 + i}.0.1" if i % 2 == 0 else "::1"
        server = await asyncio.start_server(lambda r, w, i=i: serve(i, r, w), host, 0)
        nodes.append((host, server.sockets[0].getsockname()[1]))
    host, port = nodes[0]
    open(peers, "w").write(f"{host}:{port}\n")
    print("ready", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
