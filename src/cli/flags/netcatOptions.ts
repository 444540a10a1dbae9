const noUdp = "tcpfx has no UDP"
const noSctp = "tcpfx has no SCTP and no vsock"
const serveAlone = "only `tcpfx serve` accepts clients; `tcpfx -l` and `tcpfx serve -l` listen"

type Reasons = Readonly<Record<string, string>>

const everywhere: Reasons = {
  "-u": noUdp,
  "--udp": noUdp,
  "--sctp": noSctp,
  "--vsock": noSctp,
  "-z": "only a client checks ports, as in tcpfx -z host 20-25",
  "--delay": "only `tcpfx connect` pauses between the lines that it sends",
  "-r": "the system always chooses a random local port",
  "--lua-exec": "tcpfx runs no Lua",
}

const ofServe: Reasons = {
  "-s": "the address to listen on is an argument, as in `tcpfx serve 127.0.0.1 9000`",
  "--source": "the address to listen on is an argument, as in `tcpfx serve 127.0.0.1 9000`",
  "-w": "a server does not connect; -i limits the silence of a client",
  "--wait": "a server does not connect; -i limits the silence of a client",
  "-N": "`tcpfx serve -l` sends FIN at the end of its input without an option",
  "--send": "write the text to standard input, as in echo hello | tcpfx serve -l",
}

const ofConnect: Reasons = {
  "-l": serveAlone,
  "--listen": serveAlone,
  "-k": serveAlone,
  "--keep-open": serveAlone,
  "-m": "-m limits the connections of a server; a client has one",
  "--max-conns": "it limits the connections of a server; a client has one",
  "-X": "the scheme of the proxy says its kind, as in --proxy socks5://host:1080",
  "--proxy-type": "the scheme of the proxy says its kind, as in --proxy socks5://host:1080",
  "--proxy-auth": "name and password are part of the proxy, as in --proxy http://user:password@host:3128",
  "-P": "name and password are part of the proxy, as in --proxy http://user:password@host:3128",
}

const reasons: Readonly<Record<string, Reasons>> = { serve: ofServe, connect: ofConnect }

/** The reason why a command does not have an option of ncat or nc, or the replacement. */
export const netcatReason = (command: string, flag: string): string | undefined =>
  [Object.hasOwn(reasons, command) ? (reasons[command] ?? {}) : {}, everywhere].find((known) =>
    Object.hasOwn(known, flag),
  )?.[flag]
