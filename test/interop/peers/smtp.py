"""An SMTP server that refuses a client that speaks before its turn. It prints its port, and each line that it gets."""

import select
import socket
import sys

# How long the server listens before each answer for a client that speaks too early, in seconds.
PATIENCE = 0.15

listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)


def is_early(peer, rest):
    if rest != b"":
        return True
    # The FIN of the client can be read too, and is no line.
    is_readable = select.select([peer], [], [], PATIENCE)[0] != []
    return is_readable and peer.recv(1, socket.MSG_PEEK) != b""


def converse(peer):
    rest = b""
    if is_early(peer, rest):
        return peer.sendall(b"554 5.5.1 you spoke before the greeting\r\n")
    peer.sendall(b"220 mail ESMTP\r\n")
    while True:
        while b"\n" not in rest:
            data = peer.recv(1000)
            if data == b"":
                return None
            rest += data
        line, rest = rest.split(b"\n", 1)
        print(line.decode().rstrip(), flush=True)
        if is_early(peer, rest):
            return peer.sendall(b"554 5.5.1 you did not wait for the answer\r\n")
        if line.startswith(b"EHLO"):
            # The lines of an answer come in two segments, with a pause between them.
            peer.sendall(b"250-mail\r\n")
            if is_early(peer, rest):
                return peer.sendall(b"554 5.5.1 you did not wait for the whole answer\r\n")
            peer.sendall(b"250 SIZE 1000\r\n")
        elif line.startswith(b"QUIT"):
            return peer.sendall(b"221 bye\r\n")
        else:
            peer.sendall(b"250 ok\r\n")


for _ in sys.argv[1:] or [""]:
    peer, _ = listener.accept()
    with peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        converse(peer)
