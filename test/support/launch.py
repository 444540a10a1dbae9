"""Passes sockets on as systemd does (sd_listen_fds(3)), and becomes the program that gets them.

launch.py KIND[,KIND...] PROGRAM [ARGUMENT...], where KIND is tcp, tcp6, unix=PATH, abstract=NAME (these listen), or
unbound, bound, udp, pair, file (which do not). The variable LAUNCH_PID takes the place of the process's own number.
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
# Out of the way first, so that none is closed before it has been passed on.
away = [os.dup2(one.fileno(), 100 + index) for index, one in enumerate(opened)]
for index, fd in enumerate(away):
    os.dup2(fd, 3 + index, inheritable=True)
os.closerange(3 + len(away), 200)
os.environ["LISTEN_FDS"] = str(len(away))
os.environ["LISTEN_FDNAMES"] = ":".join(kind.partition("=")[0] for kind in kinds)
os.environ["LISTEN_PID"] = os.environ.get("LAUNCH_PID", str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
