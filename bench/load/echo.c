// The workload `echo`: each connection keeps `depth` messages in flight, and the server sends each of them back.
#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

typedef struct {
  int fd;
  bool open;
  Checker checker;
  /** The number of prepared messages, and the number of messages that the kernel has accepted completely. */
  int64_t sequence, sent;
  int64_t inWindow;
  char *out;
  size_t outBytes, unsent;
  int64_t *sentAt;
} Peer;

static Records records;
static Peer *peers;
static int connections, depth, poller;
static int64_t readAt;
static Window window;
static Histogram latency;

static void prepareMessage(Peer *peer) {
  peer->sentAt[peer->sequence % depth] = readAt;
  writeRecord(&records, peer->out + peer->outBytes, 0, peer->sequence++);
  peer->outBytes += records.sendBytes;
}

static int64_t recordsIn(size_t bytes) { return (int64_t)((bytes + records.sendBytes - 1) / records.sendBytes); }

static void sendPrepared(Peer *peer) {
  while (peer->unsent < peer->outBytes && peer->open) {
    ssize_t written = write(peer->fd, peer->out + peer->unsent, peer->outBytes - peer->unsent);
    if (written > 0) {
      peer->unsent += (size_t)written;
      peer->sent = peer->sequence - recordsIn(peer->outBytes - peer->unsent);
      continue;
    }
    bool full = errno == EAGAIN || errno == EINTR;
    if (!full) {
      peer->open = false;
      close(peer->fd);
      return;
    }
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = peer};
    epoll_ctl(poller, EPOLL_CTL_MOD, peer->fd, &event);
    return;
  }
  peer->outBytes = peer->unsent = 0;
}

static void onMessage(void *context, int publisher, int64_t sequence) {
  (void)publisher;
  Peer *peer = context;
  int64_t sentAt = peer->sentAt[sequence % depth];
  if (isWithin(&window, readAt)) peer->inWindow++;
  // A message counts if it was sent in the window. Replies after the end of the window have the longest latencies, so they
  // count too.
  if (isWithin(&window, sentAt)) record(&latency, readAt - sentAt);
}

static void onReadable(Peer *peer) {
  readAt = now();
  int64_t before = peer->checker.counts.received;
  ptrdiff_t got = readAndCheck(&peer->checker);
  if (got == 0) {
    peer->open = false;
    close(peer->fd);
  }
  if (got <= 0 || window.ended > 0) return;
  memmove(peer->out, peer->out + peer->unsent, peer->outBytes - peer->unsent);
  peer->outBytes -= peer->unsent;
  peer->unsent = 0;
  for (int64_t answered = before; answered < peer->checker.counts.received; answered++) prepareMessage(peer);
  sendPrepared(peer);
}

static void turn(int64_t nanos) {
  struct epoll_event events[512];
  int count = await(poller, events, 512, nanos);
  for (int at = 0; at < count; at++) {
    Peer *peer = events[at].data.ptr;
    if (peer->open && (events[at].events & EPOLLOUT)) {
      sendPrepared(peer);
      struct epoll_event event = {.events = EPOLLIN | (peer->outBytes > 0 ? EPOLLOUT : 0), .data.ptr = peer};
      if (peer->open) epoll_ctl(poller, EPOLL_CTL_MOD, peer->fd, &event);
    }
    if (peer->open && (events[at].events & (EPOLLIN | EPOLLHUP | EPOLLERR))) onReadable(peer);
  }
}

static void runUntil(int64_t time) {
  for (int64_t left = time - now(); left > 0; left = time - now()) turn(left);
}

static int64_t roundTripsInWindow(void) {
  int64_t roundTrips = 0;
  for (int at = 0; at < connections; at++) roundTrips += peers[at].inWindow;
  return roundTrips;
}

static int64_t receivedSoFar(void) {
  int64_t received = 0;
  for (int at = 0; at < connections; at++) received += peers[at].checker.counts.received;
  return received;
}

static bool isComplete(void) {
  int64_t sent = 0;
  for (int at = 0; at < connections; at++) sent += peers[at].sequence;
  return receivedSoFar() >= sent;
}

static void connectAll(void) {
  poller = epoll_create1(EPOLL_CLOEXEC);
  for (int at = 0; at < connections; at++) {
    Peer *peer = &peers[at];
    peer->fd = dial(0);
    peer->open = true;
    setNonBlocking(peer->fd);
    initChecker(&peer->checker, &records, 1, &peer->sent, -1, peer->fd);
    peer->checker.onMessage = onMessage;
    peer->checker.context = peer;
    peer->out = allocate((size_t)depth, records.sendBytes);
    peer->sentAt = allocate((size_t)depth, sizeof *peer->sentAt);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
    epoll_ctl(poller, EPOLL_CTL_ADD, peer->fd, &event);
  }
}

void echo(void) {
  connections = (int)numberArgument("connections", 50);
  depth = (int)numberArgument("depth", 1);
  if (connections < 1 || depth < 1) usage("connections and depth must be 1 or more");
  records = makeRecords((size_t)numberArgument("size", 64));
  peers = allocate((size_t)connections, sizeof *peers);
  connectAll();
  printf("{\"phase\":\"connected\",\"connections\":%d}\n", connections);
  readAt = now();
  for (int at = 0; at < connections; at++) {
    for (int sent = 0; sent < depth; sent++) prepareMessage(&peers[at]);
    sendPrepared(&peers[at]);
  }
  runWindow(&window, runUntil, roundTripsInWindow);
  settle(turn, receivedSoFar, isComplete);

  int disconnected = 0;
  Counts counts = {0};
  Absent absent = {0};
  for (int at = 0; at < connections; at++) {
    Peer *peer = &peers[at];
    addCounts(&counts, &peer->checker.counts);
    addAbsent(&absent, &peer->checker.counts, peer->sequence, peer->open);
    disconnected += peer->open ? 0 : 1;
  }
  if (disconnected == connections) fail("all connections were lost");
  printWindow(&window, "echo", "roundTrips", roundTripsInWindow());
  printFindings(&counts, &absent, disconnected);
  printLatency(&latency);
  printf("}\n");
}
