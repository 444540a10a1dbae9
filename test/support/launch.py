"""Opens sockets, and executes a program that inherits them as from systemd (sd_listen_fds(3)).

Usage: launch.py KIND[,KIND...] PROGRAM [ARGUMENT...]. KIND is a listening socket (tcp, tcp6, unix=PATH, abstract=NAME)
or another descriptor (unbound, bound, udp, pair, file). The variable LAUNCH_PID replaces the process number in LISTEN_PID.
"""

import os
import socket
import sys


def listening(family, address):
    opened = socket.socket(family)
    opened.bind(address)
    opened.listen()
    return opened


def bound(kind):
    opened = socket.socket(socket.AF_INET, kind)
    opened.bind(("127.0.0.1", 0))
    return opened


def open_one(text):
    kind, _, value = text.partition("=")
    return {
        "tcp": lambda: listening(socket.AF_INET, ("127.0.0.1", 0)),
        "tcp6": lambda: listening(socket.AF_INET6, ("::1", 0)),
        "unix": lambda: listening(socket.AF_UNIX, value),
        "abstract": lambda: listening(socket.AF_UNIX, "\0" + value),
        "unbound": lambda: socket.socket(),
        "bound": lambda: bound(socket.SOCK_STREAM),
        "udp": lambda: bound(socket.SOCK_DGRAM),
        "pair": lambda: socket.socketpair()[0],
        "file": lambda: open(os.devnull),
    }[kind]()


kinds = sys.argv[1].split(",")
opened = [open_one(kind) for kind in kinds]
# Duplicates all sockets above the target numbers first, so that no dup2 closes a socket that is not passed yet.
away = [os.dup2(one.fileno(), 100 + index) for index, one in enumerate(opened)]
for index, fd in enumerate(away):
    os.dup2(fd, 3 + index, inheritable=True)
os.closerange(3 + len(away), 200)
os.environ["LISTEN_FDS"] = str(len(away))
os.environ["LISTEN_FDNAMES"] = ":".join(kind.partition("=")[0] for kind in kinds)
os.environ["LISTEN_PID"] = os.environ.get("LAUNCH_PID", str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
