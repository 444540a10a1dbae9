// The workload `fanout`: publishers send, subscribers receive and check. One thread and one epoll instance serve them all.
// The file is above 300 lines because all functions share the state of one run, which two files would have to export.
#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { batchBytes = 64 * 1024, singlesAtOnce = 16 };

/** One connection. With `everybody` it publishes and subscribes, otherwise it does one of the two. */
typedef struct {
  int fd;
  /** The index of the publisher, or -1. */
  int publisher;
  bool subscribes, open, wantsToWrite;
  Checker checker;
  int64_t sequence;
  // The records to send. The bytes before `unsent` are sent.
  char *out;
  size_t outBytes, unsent;
  int64_t lastReceived, inWindow, longestStall;
} Peer;

static Records records;
static Peer *peers;
static int peerCount, publisherCount;
static bool single, everybody;
static int depth;
static int poller;
static int64_t workBegun, readAt;
static Window window;
// The number of messages of each publisher that the kernel has accepted completely.
static int64_t *written;
// For a fixed rate: the messages per second, and the number of messages that were due so far.
static double rate;
static int64_t planned;
static Histogram latency;

static void watch(Peer *peer, bool writing) {
  peer->wantsToWrite = writing;
  struct epoll_event event = {.events = EPOLLIN | (writing ? EPOLLOUT : 0), .data.ptr = peer};
  epoll_ctl(poller, EPOLL_CTL_MOD, peer->fd, &event);
}

static void disconnect(Peer *peer) {
  peer->open = false;
  // No subscriber expects messages that the kernel never accepted.
  if (peer->publisher >= 0) peer->sequence = written[peer->publisher];
  close(peer->fd);
}

/** The time at which a message is due at a fixed rate. Publishers take turns. */
static int64_t dueTime(int64_t message) { return workBegun + (int64_t)((double)message * 1e9 / rate); }

/** Records the latency of each message that was due in the window, even if it arrives after the end of the window. */
static void onLatency(void *context, int publisher, int64_t sequence) {
  (void)context;
  int64_t intended = dueTime(sequence * publisherCount + publisher);
  if (isWithin(&window, intended)) record(&latency, readAt - intended);
}

/** Appends a record to the records to send. */
static void prepareRecord(Peer *peer) {
  writeRecord(&records, peer->out + peer->outBytes, peer->publisher, peer->sequence++);
  peer->outBytes += records.sendBytes;
}

/** Sends the prepared records. Returns whether the kernel has accepted all of them. */
static bool sendPrepared(Peer *peer) {
  while (peer->unsent < peer->outBytes) {
    size_t most = peer->outBytes - peer->unsent;
    if (single) {
      size_t toEnd = records.sendBytes - peer->unsent % records.sendBytes;
      if (most > toEnd) most = toEnd;
    }
    ssize_t taken = write(peer->fd, peer->out + peer->unsent, most);
    if (taken < 0) {
      if (errno == EAGAIN || errno == EINTR) return false;
      disconnect(peer);
      return false;
    }
    peer->unsent += (size_t)taken;
    size_t left = (peer->outBytes - peer->unsent + records.sendBytes - 1) / records.sendBytes;
    written[peer->publisher] = peer->sequence - (int64_t)left;
  }
  peer->outBytes = peer->unsent = 0;
  return true;
}

static size_t capacity(void) {
  size_t count = single ? singlesAtOnce : batchBytes / records.sendBytes;
  return (count > 0 ? count : 1) * records.sendBytes;
}

/** Sends one buffer of records, for a workload without a rate. */
static void pump(Peer *peer) {
  if (!sendPrepared(peer)) return;
  while (peer->outBytes < capacity()) prepareRecord(peer);
  sendPrepared(peer);
}

static bool isFlatOut(void) { return rate == 0 && depth == 0; }

/** With a depth, a publisher sends its next message when the next connection has received a message of this publisher. */
static void onNeighbour(void *context, int publisher, int64_t sequence) {
  (void)sequence;
  Peer *self = context;
  if (window.ended > 0 || (publisher + 1) % peerCount != self->publisher) return;
  Peer *sender = &peers[publisher];
  if (!sender->open || sender->outBytes + records.sendBytes > capacity()) return;
  prepareRecord(sender);
  if (!sender->wantsToWrite && !sendPrepared(sender) && sender->open) watch(sender, true);
}

static void drainPublisher(Peer *peer) {
  // The bytes are messages of other publishers (raw), answers (redis) or pings (nats).
  static char answers[readBytes];
  ssize_t got = read(peer->fd, answers, sizeof answers);
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) disconnect(peer);
  else if (got >= 6 && records.protocol == nats && memcmp(answers, "PING\r\n", 6) == 0 && peer->outBytes == 0)
    writeAll(peer->fd, "PONG\r\n", 6);
}

/** A stall begins with the last read, or with the window if there was no read. */
static void noteStall(Peer *peer, int64_t end) {
  int64_t stall = end - (peer->lastReceived > 0 ? peer->lastReceived : window.begun);
  if (stall > peer->longestStall) peer->longestStall = stall;
}

static void onReadable(Peer *peer) {
  if (!peer->subscribes) {
    drainPublisher(peer);
    return;
  }
  readAt = now();
  int64_t before = peer->checker.counts.received;
  ptrdiff_t got = readAndCheck(&peer->checker);
  if (got == 0) disconnect(peer);
  if (got <= 0 || !isWithin(&window, readAt)) return;
  noteStall(peer, readAt);
  peer->lastReceived = readAt;
  peer->inWindow += peer->checker.counts.received - before;
}

static void turn(int64_t nanos) {
  struct epoll_event events[512];
  int count = await(poller, events, 512, nanos);
  for (int at = 0; at < count; at++) {
    Peer *peer = events[at].data.ptr;
    if (peer->open && (events[at].events & (EPOLLIN | EPOLLHUP | EPOLLERR))) onReadable(peer);
    if (!peer->open || !(events[at].events & EPOLLOUT)) continue;
    if (isFlatOut() && window.ended == 0) pump(peer);
    else if (sendPrepared(peer)) watch(peer, false);
  }
}

static void connectAll(int subscribers) {
  poller = epoll_create1(EPOLL_CLOEXEC);
  for (int at = 0; at < peerCount; at++) {
    Peer *peer = &peers[at];
    // The subscribers come first, the publishers last.
    int publisher = everybody ? at : at - subscribers;
    peer->publisher = publisher >= 0 ? publisher : -1;
    peer->subscribes = everybody || publisher < 0;
    peer->open = true;
    peer->fd = dial(0);
    introduce(peer->fd, records.protocol, peer->subscribes);
    setNonBlocking(peer->fd);
    if (peer->subscribes) initChecker(&peer->checker, &records, publisherCount, written, everybody ? at : -1, peer->fd);
    if (peer->publisher >= 0) peer->out = allocate(1, capacity() + records.sendBytes);
    if (rate > 0) peer->checker.onMessage = onLatency;
    if (depth > 0) {
      peer->checker.onMessage = onNeighbour;
      peer->checker.context = peer;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
    epoll_ctl(poller, EPOLL_CTL_ADD, peer->fd, &event);
  }
}

static bool heardAll(void) {
  for (int at = 0; at < peerCount; at++) {
    if (peers[at].subscribes && !peers[at].checker.heardHello) {
      if (!peers[at].open) fail("the server closed a connection before the work began");
      return false;
    }
  }
  return true;
}

static void greet(Peer *from, int64_t sequence) {
  char *hello = allocate(1, records.sendBytes);
  writeRecord(&records, hello, helloPublisher, sequence);
  writeAll(from->fd, hello, records.sendBytes);
  free(hello);
}

/** Sends hellos until every subscriber has received a hello. The server then knows all subscribers. */
static void awaitAll(void) {
  Peer *first = &peers[everybody ? 0 : peerCount - publisherCount];
  int64_t begun = now(), next = 0, hellos = 0;
  while (!heardAll()) {
    if (now() - begun > 20000000000) fail("some subscribers receive nothing");
    if (now() >= next) {
      greet(first, hellos);
      if (everybody && peerCount > 1) greet(&peers[1], hellos);
      hellos++;
      next = now() + 10000000;
    }
    turn(1000000);
  }
}

static Peer *publisherOfMessage(int64_t message) {
  return &peers[(everybody ? 0 : peerCount - publisherCount) + message % publisherCount];
}

/** Sends the messages whose due time has come and is before `end`. Returns the time until the next message is due. */
static int64_t sendDue(int64_t end) {
  for (;;) {
    int64_t due = dueTime(planned), left = due - now();
    if (due >= end || left > 0) return left;
    Peer *peer = publisherOfMessage(planned);
    // The server accepts no more data now, so the message waits, and its latency grows.
    if (peer->open && peer->outBytes + records.sendBytes > capacity()) return 1000000;
    planned++;
    if (!peer->open) continue;
    prepareRecord(peer);
    if (!peer->wantsToWrite && !sendPrepared(peer) && peer->open) watch(peer, true);
  }
}

static void runUntil(int64_t time) {
  for (int64_t left = time - now(); left > 0; left = time - now()) {
    int64_t wait = rate > 0 ? sendDue(INT64_MAX) : left;
    turn(wait > left ? left : wait);
  }
}

static void startAll(void) {
  workBegun = now();
  for (int at = 0; at < peerCount; at++) {
    if (peers[at].publisher < 0 || !peers[at].open) continue;
    if (isFlatOut()) watch(&peers[at], true);
    for (int sent = 0; sent < depth; sent++) prepareRecord(&peers[at]);
    if (depth > 0 && !sendPrepared(&peers[at])) watch(&peers[at], true);
  }
}

typedef struct {
  Counts counts;
  Absent absent;
  int64_t sent, expected, inWindow, least, longestStall;
  int subscribers, disconnected;
} Sum;

static Sum addUp(void) {
  Sum sum = {.least = INT64_MAX};
  for (int at = 0; at < peerCount; at++) sum.sent += peers[at].sequence;
  for (int at = 0; at < peerCount; at++) {
    Peer *peer = &peers[at];
    if (!peer->subscribes) continue;
    int64_t expected = sum.sent - peer->sequence;
    sum.expected += expected;
    addCounts(&sum.counts, &peer->checker.counts);
    addAbsent(&sum.absent, &peer->checker.counts, expected, peer->open);
    sum.inWindow += peer->inWindow;
    if (peer->inWindow < sum.least) sum.least = peer->inWindow;
    if (peer->longestStall > sum.longestStall) sum.longestStall = peer->longestStall;
    sum.subscribers++;
    sum.disconnected += peer->open ? 0 : 1;
  }
  return sum;
}

static bool isAllSent(void) {
  for (int at = 0; at < peerCount; at++) {
    if (peers[at].open && peers[at].outBytes > 0) return false;
  }
  return rate == 0 || dueTime(planned) >= window.ended;
}

static int64_t deliveredSoFar(void) { return addUp().inWindow; }

static int64_t receivedSoFar(void) { return addUp().counts.received; }

static bool isComplete(void) {
  Sum sum = addUp();
  return sum.counts.received >= sum.expected && isAllSent();
}

/** One turn after the window. It also sends the messages that were due in the window and were not sent yet. */
static void settleTurn(int64_t nanos) {
  if (rate > 0) sendDue(window.ended);
  turn(nanos);
}

/** Counts the due messages that the server never accepted as sent, so that the result reports them as undelivered. */
static void countUntaken(void) {
  for (; rate > 0 && dueTime(planned) < window.ended; planned++) {
    Peer *peer = publisherOfMessage(planned);
    if (peer->open) peer->sequence++;
  }
}

void fanout(void) {
  int subscribers = (int)numberArgument("subscribers", 100), stalled = (int)numberArgument("stalled", 0);
  everybody = numberArgument("everybody", 0) > 0;
  const char *write = textArgument("write", "batch");
  single = strcmp(write, "single") == 0;
  if (!single && strcmp(write, "batch") != 0) usage("write must be batch or single, not \"%s\"", write);
  rate = numberArgument("rate", 0);
  depth = everybody ? (int)numberArgument("depth", 0) : 0;
  publisherCount = everybody ? subscribers : (int)numberArgument("publishers", 1);
  if (subscribers < 1 || publisherCount < 1 || publisherCount > mostPublishers) usage("1 to %d publishers and subscribers", mostPublishers);
  if (depth > singlesAtOnce) usage("depth must be at most %d", singlesAtOnce);
  records = makeRecords((size_t)numberArgument("size", 64));
  peerCount = everybody ? subscribers : subscribers + publisherCount;
  peers = allocate((size_t)peerCount, sizeof *peers);
  written = allocate((size_t)publisherCount, sizeof *written);
  for (int at = 0; at < stalled; at++) introduce(dial(0), records.protocol, true);
  connectAll(subscribers);
  awaitAll();
  printf("{\"phase\":\"connected\",\"connections\":%d}\n", peerCount + stalled);

  startAll();
  runWindow(&window, runUntil, deliveredSoFar);
  for (int at = 0; at < peerCount; at++) {
    if (peers[at].subscribes) noteStall(&peers[at], window.ended);
  }
  settle(settleTurn, receivedSoFar, isComplete);
  countUntaken();

  Sum sum = addUp();
  if (sum.disconnected == sum.subscribers) fail("all connections were lost");
  double average = (double)sum.inWindow / sum.subscribers;
  printWindow(&window, "fanout", "delivered", sum.inWindow);
  printf("\"sent\":%lld,\"expected\":%lld,\"received\":%lld,", (long long)sum.sent, (long long)sum.expected,
         (long long)sum.counts.received);
  printFindings(&sum.counts, &sum.absent, sum.disconnected);
  printf("\"longestStallMillis\":%.2f,\"slowestShare\":%.4f", (double)sum.longestStall / 1e6,
         average > 0 ? (double)sum.least / average : 0);
  if (rate > 0) {
    printf(",");
    printLatency(&latency);
  }
  printf("}\n");
}
