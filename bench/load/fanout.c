// Publishers send, subscribers read and check. One thread and one epoll instance for all of them.
#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { batchBytes = 64 * 1024, singlesAtOnce = 16 };

/** One connection. In `everybody` it publishes and subscribes, else one of the two. */
typedef struct {
  int fd;
  /** Publisher index, or -1. */
  int publisher;
  bool subscribes, open, wantsToWrite;
  Checker checker;
  int64_t sequence;
  // What is being sent: whole records from `unsent` on.
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
static int64_t workBegun, windowBegin, windowEnd, readAt;
// Messages of each publisher that the system has taken whole.
static int64_t *written;
// Of fixed-rate work: messages a second, and how many had their time so far.
static double rate;
static int64_t planned;
static Histogram latency;

static bool inWindow(int64_t time) { return windowBegin > 0 && time >= windowBegin && (windowEnd == 0 || time < windowEnd); }

static void watch(Peer *peer, bool writing) {
  peer->wantsToWrite = writing;
  struct epoll_event event = {.events = EPOLLIN | (writing ? EPOLLOUT : 0), .data.ptr = peer};
  epoll_ctl(poller, EPOLL_CTL_MOD, peer->fd, &event);
}

static void disconnect(Peer *peer) {
  peer->open = false;
  // What it could not send any more is missing nowhere.
  if (peer->publisher >= 0) peer->sequence = written[peer->publisher];
  close(peer->fd);
}

/** When a message of fixed-rate work is meant to be sent: publishers take turns. */
static int64_t dueTime(int64_t message) { return workBegun + (int64_t)((double)message * 1e9 / rate); }

/** What was meant to be sent within the window counts, whenever it comes: what comes late is what took longest. */
static void onLatency(void *context, int publisher, int64_t sequence) {
  (void)context;
  int64_t intended = dueTime(sequence * publisherCount + publisher);
  if (inWindow(intended)) record(&latency, readAt - intended);
}

/** Appends a record to what is to be sent. */
static void prepareRecord(Peer *peer) {
  writeRecord(&records, peer->out + peer->outBytes, peer->publisher, peer->sequence++);
  peer->outBytes += records.sendBytes;
}

/** Sends what is prepared. Whether the system has taken it all. */
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

/** Flat out: as much as the system takes now, one buffer at a time. */
static void pump(Peer *peer) {
  if (!sendPrepared(peer)) return;
  while (peer->outBytes < capacity()) prepareRecord(peer);
  sendPrepared(peer);
}

static bool isFlatOut(void) { return rate == 0 && depth == 0; }

/** Everybody with a depth: the next connection has got one of ours, so we send another. */
static void onNeighbour(void *context, int publisher, int64_t sequence) {
  (void)sequence;
  Peer *self = context;
  if (windowEnd > 0 || (publisher + 1) % peerCount != self->publisher) return;
  Peer *sender = &peers[publisher];
  if (!sender->open || sender->outBytes + records.sendBytes > capacity()) return;
  prepareRecord(sender);
  if (!sender->wantsToWrite && !sendPrepared(sender) && sender->open) watch(sender, true);
}

static void drainPublisher(Peer *peer) {
  // What other publishers send (raw), answers to what was published (redis), pings (nats).
  static char answers[readBytes];
  ssize_t got = read(peer->fd, answers, sizeof answers);
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) disconnect(peer);
  else if (got >= 6 && records.protocol == nats && memcmp(answers, "PING\r\n", 6) == 0 && peer->outBytes == 0)
    writeAll(peer->fd, "PONG\r\n", 6);
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
  if (got <= 0 || !inWindow(readAt)) return;
  if (readAt - peer->lastReceived > peer->longestStall) peer->longestStall = readAt - peer->lastReceived;
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
    if (isFlatOut() && windowEnd == 0) pump(peer);
    else if (sendPrepared(peer)) watch(peer, false);
  }
}

static void connectAll(int subscribers) {
  poller = epoll_create1(EPOLL_CLOEXEC);
  for (int at = 0; at < peerCount; at++) {
    Peer *peer = &peers[at];
    // Subscribers first; the publishers are the last ones.
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

/** Sends hellos until everybody has heard one: then the server knows them all. */
static void awaitAll(void) {
  Peer *first = &peers[everybody ? 0 : peerCount - publisherCount];
  int64_t begun = now(), next = 0, hellos = 0;
  while (!heardAll()) {
    if (now() - begun > 20000000000) fail("not every subscriber gets what is published");
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

/** Sends every message whose time has come and is before `end`; gives how long until the next one. */
static int64_t sendDue(int64_t end) {
  for (;;) {
    int64_t due = dueTime(planned), left = due - now();
    if (due >= end || left > 0) return left;
    Peer *peer = publisherOfMessage(planned);
    // The server takes no more for now; the message waits, and its time runs.
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
  return rate == 0 || dueTime(planned) >= windowEnd;
}

/** Awaits what is under way: all of it, or until nothing has come for a second; half a minute at most. */
static void settle(void) {
  int64_t begun = now(), silence = 0, received = -1;
  while (now() - begun < 30000000000 && silence < 1000000000) {
    // What the server did not take in time is still owed.
    if (rate > 0) sendDue(windowEnd);
    int64_t before = now();
    turn(5000000);
    Sum sum = addUp();
    silence = sum.counts.received == received ? addSilence(silence, now() - before) : 0;
    received = sum.counts.received;
    if (received >= sum.expected && isAllSent()) return;
  }
  // What it never took was meant to be sent all the same, and has not come.
  for (; rate > 0 && dueTime(planned) < windowEnd; planned++) {
    Peer *peer = publisherOfMessage(planned);
    if (peer->open) peer->sequence++;
  }
}

static int64_t sentSoFar(void) { return addUp().sent; }

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
  runUntil(workBegun + (int64_t)(numberArgument("warmup", 0.5) * 1e9));
  printf("{\"phase\":\"begin\"}\n");
  int64_t sentBegin = sentSoFar();
  windowBegin = now();
  int64_t idleBegin = idleTime, ranBegin = ranTime();
  for (int at = 0; at < peerCount; at++) peers[at].lastReceived = windowBegin;
  runUntil(windowBegin + (int64_t)(numberArgument("seconds", 2) * 1e9));
  for (double least = numberArgument("least", 0); (double)addUp().inWindow < least;) runUntil(now() + 5000000);
  windowEnd = now();
  double seconds = (double)(windowEnd - windowBegin) / 1e9, cpu = 1 - (double)(idleTime - idleBegin) / 1e9 / seconds;
  double ran = (double)(ranTime() - ranBegin) / 1e9 / seconds;
  double sentPerSecond = (double)(sentSoFar() - sentBegin) / seconds;
  printf("{\"phase\":\"end\"}\n");
  for (int at = 0; at < peerCount; at++) {
    Peer *peer = &peers[at];
    if (peer->subscribes && windowEnd - peer->lastReceived > peer->longestStall) peer->longestStall = windowEnd - peer->lastReceived;
  }
  settle();

  Sum sum = addUp();
  if (sum.disconnected == sum.subscribers) fail("all connections were lost");
  double average = (double)sum.inWindow / sum.subscribers;
  printf("{\"phase\":\"result\",\"work\":\"fanout\",\"seconds\":%.4f,\"sent\":%lld,\"delivered\":%lld,\"perSecond\":%.1f,"
         "\"sentPerSecond\":%.1f,\"expected\":%lld,\"received\":%lld,",
         seconds, (long long)sum.sent, (long long)sum.inWindow, (double)sum.inWindow / seconds, sentPerSecond,
         (long long)sum.expected, (long long)sum.counts.received);
  printFindings(&sum.counts, &sum.absent, sum.disconnected);
  printf("\"cpu\":%.3f,\"ran\":%.3f,\"longestStallMillis\":%.2f,\"slowestShare\":%.4f", cpu, ran, (double)sum.longestStall / 1e6,
         average > 0 ? (double)sum.least / average : 0);
  if (rate > 0) {
    printf(",");
    printLatency(&latency);
  }
  printf("}\n");
}
