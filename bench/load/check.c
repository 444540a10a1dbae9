// Checks that a subscriber receives each message of the other publishers complete, unchanged, once and in the order of its
// publisher, and that it receives none of its own messages.
#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { mostGaps = 1024 };

/** The newest ranges of sequences that were skipped and have not arrived since. */
struct Gaps {
  int count, next;
  struct {
    int64_t from, to;
  } ranges[mostGaps];
};

// One buffer for all subscribers. The checker checks the bytes of a read before the next read.
static char *shared;
static size_t sharedBytes;
// The blocks of the publishers: 64 messages of each publisher, for comparison (see blockOf).
static char **blocks;

void initChecker(Checker *checker, const Records *records, int publishers, const int64_t *sent, int self, int fd) {
  memset(checker, 0, sizeof *checker);
  checker->records = records;
  checker->publishers = publishers;
  checker->sent = sent;
  checker->self = self;
  checker->fd = fd;
  checker->tracks = allocate((size_t)publishers, sizeof(Track));
  for (int publisher = 0; publisher < publishers; publisher++) writeHead(checker->tracks[publisher].head, publisher, 0);
  if (shared == NULL) {
    sharedBytes = readBytes + 4 * records->receiveBytes + 4096;
    shared = allocate(1, sharedBytes);
    blocks = allocate((size_t)publishers, sizeof *blocks);
  }
}

void addCounts(Counts *sum, const Counts *counts) {
  sum->received += counts->received;
  sum->doubled += counts->doubled;
  sum->reordered += counts->reordered;
  sum->corrupt += counts->corrupt;
  sum->torn += counts->torn;
  sum->own += counts->own;
  sum->missing += counts->missing;
}

void addAbsent(Absent *sum, const Counts *counts, int64_t expected, bool isOpen) {
  int64_t absent = expected - counts->received;
  if (!isOpen) {
    sum->missedByDisconnected += absent;
    return;
  }
  sum->lost += counts->missing;
  // No later message has arrived, so these messages are lost or the server is slow.
  sum->undelivered += absent - counts->missing;
}

void printFindings(const Counts *counts, const Absent *absent, int disconnected) {
  printf("\"lost\":%lld,\"undelivered\":%lld,\"missedByDisconnected\":%lld,\"doubled\":%lld,\"reordered\":%lld,"
         "\"corrupt\":%lld,\"torn\":%lld,\"own\":%lld,\"disconnected\":%d,",
         (long long)absent->lost, (long long)absent->undelivered, (long long)absent->missedByDisconnected,
         (long long)counts->doubled, (long long)counts->reordered, (long long)counts->corrupt, (long long)counts->torn,
         (long long)counts->own, disconnected);
}

static void rememberGap(Track *track, int64_t from, int64_t to) {
  if (track->gaps == NULL) track->gaps = allocate(1, sizeof *track->gaps);
  struct Gaps *gaps = track->gaps;
  gaps->ranges[gaps->next].from = from;
  gaps->ranges[gaps->next].to = to;
  gaps->next = (gaps->next + 1) % mostGaps;
  if (gaps->count < mostGaps) gaps->count++;
}

/** Returns whether a sequence was missing. A missing sequence then counts as received. */
static bool takeFromGap(Track *track, int64_t sequence) {
  struct Gaps *gaps = track->gaps;
  for (int at = 0; gaps != NULL && at < gaps->count; at++) {
    int64_t from = gaps->ranges[at].from, to = gaps->ranges[at].to;
    if (sequence < from || sequence >= to) continue;
    if (sequence == from) {
      // Late messages mostly arrive in order. The gap then stays one gap and replaces no older gap.
      gaps->ranges[at].from++;
      return true;
    }
    gaps->ranges[at].to = sequence;
    if (sequence + 1 < to) rememberGap(track, sequence + 1, to);
    return true;
  }
  return false;
}

static void arrived(Checker *checker, int publisher, int64_t sequence) {
  checker->counts.received++;
  if (checker->onMessage != NULL) checker->onMessage(checker->context, publisher, sequence);
}

static void moveTo(Track *track, int publisher, int64_t next) {
  track->next = next;
  writeHead(track->head, publisher, next);
}

/** Sets the next expected sequence. In 63 of 64 cases only the last digit of the head changes. */
static void advance(Track *track, int publisher) {
  int64_t next = track->next + 1;
  static const char last[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+-";
  if ((next & 63) == 0) {
    moveTo(track, publisher, next);
    return;
  }
  track->next = next;
  track->head[headBytes - 1] = last[next & 63];
}

/** Checks a message that is not the next message of its publisher. */
static void checkUnexpected(Checker *checker, const char *message) {
  int publisher;
  int64_t sequence;
  if (!readHead(message, &publisher, &sequence)) {
    checker->counts.corrupt++;
    return;
  }
  bool right = isContentRight(message, checker->records->messageBytes, publisher, sequence);
  if (right && publisher == helloPublisher) {
    checker->heardHello = true;
    return;
  }
  // A message that its publisher has not sent must not make up for a lost message, even if it looks right.
  if (!right || publisher >= checker->publishers || sequence >= checker->sent[publisher]) {
    checker->counts.corrupt++;
    return;
  }
  if (publisher == checker->self) {
    checker->counts.own++;
    return;
  }
  Track *track = &checker->tracks[publisher];
  if (sequence >= track->next) {
    if (sequence > track->next) rememberGap(track, track->next, sequence);
    checker->counts.missing += sequence - track->next;
    moveTo(track, publisher, sequence + 1);
    arrived(checker, publisher, sequence);
  } else if (takeFromGap(track, sequence)) {
    checker->counts.reordered++;
    checker->counts.missing--;
    arrived(checker, publisher, sequence);
  } else {
    checker->counts.doubled++;
  }
}

/** Counts a message if it is the next message of its publisher, as nearly every message is. Returns `false` otherwise. */
static bool isNext(Checker *checker, const char *message) {
  int publisher = checker->publishers == 1 ? 0 : publisherOf(message);
  if (publisher < 0 || publisher >= checker->publishers || publisher == checker->self) return false;
  Track *track = &checker->tracks[publisher];
  int64_t sequence = track->next;
  if (sequence >= checker->sent[publisher] || memcmp(message, track->head, headBytes) != 0) return false;
  if (!isContentRight(message, checker->records->messageBytes, publisher, sequence)) return false;
  advance(track, publisher);
  arrived(checker, publisher, sequence);
  return true;
}

// The filler repeats after 64 messages. The heads of 64 messages differ only in the last digit if the first sequence is a
// multiple of 64. So one comparison with a block checks 64 messages, after an update of the other digits in the block.
enum { blockMessages = 64, mostBlockMessageBytes = 256, changingBytes = 6 };
static const char *blockOf(const Checker *checker, int publisher, const Track *track) {
  size_t whole = checker->records->messageBytes;
  char *block = blocks[publisher];
  if (block == NULL) {
    block = blocks[publisher] = allocate(blockMessages, whole);
    for (int at = 0; at < blockMessages; at++) writeRecord(checker->records, block + (size_t)at * whole, publisher, at);
  }
  if (memcmp(block + 2, track->head + 2, changingBytes) != 0) {
    for (size_t at = 0; at < blockMessages; at++) memcpy(block + at * whole + 2, track->head + 2, changingBytes);
  }
  return block;
}

/**
 * Counts 64 messages in order and returns the number of their bytes. Returns 0 for other bytes, and for messages above 256
 * bytes.
 */
static size_t checkBlock(Checker *checker, const char *from, size_t length) {
  size_t whole = checker->records->messageBytes, bytes = blockMessages * whole;
  if (length < bytes || whole > mostBlockMessageBytes || checker->onMessage != NULL) return 0;
  int publisher = publisherOf(from);
  if (publisher < 0 || publisher >= checker->publishers || publisher == checker->self) return 0;
  Track *track = &checker->tracks[publisher];
  if ((track->next & (blockMessages - 1)) != 0 || track->next + blockMessages > checker->sent[publisher]) return 0;
  // If publishers take turns, the last message of these bytes has another publisher than the first.
  if (memcmp(from + bytes - whole, from, 2) != 0) return 0;
  if (memcmp(from, blockOf(checker, publisher, track), bytes) != 0) return 0;
  moveTo(track, publisher, track->next + blockMessages);
  checker->counts.received += blockMessages;
  return bytes;
}

/** Checks the first line of a raw stream. Returns the length of the line, or 0 if the line is incomplete. */
static size_t checkLine(Checker *checker, const char *from, size_t length) {
  size_t whole = checker->records->messageBytes, block = checkBlock(checker, from, length);
  if (block > 0) return block;
  if (length >= whole && isNext(checker, from)) return whole;
  const char *end = memchr(from, '\n', length);
  if (end == NULL && length < 2 * whole) return 0;
  size_t line = end == NULL ? length : (size_t)(end - from) + 1;
  if (line == whole) checkUnexpected(checker, from);
  else checker->counts.torn++;
  return line;
}

/** Checks the first record of a stream. After a broken record the next one cannot be found, so all bytes are dropped. */
static size_t checkRecord(Checker *checker, const char *from, size_t length) {
  const Records *records = checker->records;
  size_t head = length < records->receiveBefore ? length : records->receiveBefore;
  if (memcmp(from, records->receiveHead, head) == 0) {
    if (length < records->receiveBytes) return 0;
    if (memcmp(from + records->receiveBytes - 2, records->receiveTail, 2) == 0) {
      const char *message = from + records->receiveBefore;
      if (!isNext(checker, message)) checkUnexpected(checker, message);
      return records->receiveBytes;
    }
  } else if (records->protocol == nats && from[0] == 'P') {
    if (length < 6) return 0;
    if (memcmp(from, "PING\r\n", 6) == 0) writeAll(checker->fd, "PONG\r\n", 6);
    return 6;
  }
  checker->counts.torn++;
  return length;
}

ptrdiff_t readAndCheck(Checker *checker) {
  memcpy(shared, checker->rest, checker->restBytes);
  ssize_t got = read(checker->fd, shared + checker->restBytes, readBytes);
  if (got < 0) return errno == EAGAIN || errno == EINTR ? -1 : 0;
  if (got == 0) return 0;
  const char *from = shared;
  size_t left = checker->restBytes + (size_t)got;
  bool plain = checker->records->protocol == raw;
  while (left > 0) {
    size_t taken = plain ? checkLine(checker, from, left) : checkRecord(checker, from, left);
    if (taken == 0) break;
    from += taken;
    left -= taken;
  }
  if (left > 0 && checker->rest == NULL) checker->rest = allocate(1, 2 * checker->records->receiveBytes + 64);
  checker->restBytes = left;
  if (left > 0) memcpy(checker->rest, from, left);
  return got;
}
