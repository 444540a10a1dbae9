"""Sends standard input to HOST PORT or to the unix socket PATH, then FIN. Prints all bytes until the peer's FIN."""

import os
import socket
import sys
import threading

if len(sys.argv) == 3:
    peer = socket.create_connection((sys.argv[1], int(sys.argv[2])))
else:
    peer = socket.socket(socket.AF_UNIX)
    peer.connect(sys.argv[1])


def send():
    while data := os.read(0, 65536):
        peer.sendall(data)
    peer.shutdown(socket.SHUT_WR)


threading.Thread(target=send, daemon=True).start()
while data := peer.recv(65536):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
