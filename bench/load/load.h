// The load generator of the bench: what its parts share. Times are nanoseconds of CLOCK_MONOTONIC.
#ifndef LOAD_H
#define LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// --- arguments: WORK key=value ...

/** The value of an argument, or its default. Ends the program (2) where it is not a number. */
double numberArgument(const char *key, double byDefault);
const char *textArgument(const char *key, const char *byDefault);
_Noreturn void fail(const char *format, ...);
_Noreturn void usage(const char *format, ...);

// --- system

int64_t now(void);
/**
 * Adds a turn without news to a time of silence. What one turn adds is bounded: a machine that stands still is no silent
 * server.
 */
int64_t addSilence(int64_t silence, int64_t turnNanos);
struct epoll_event;
/**
 * Waits for events for so long, without ever going to sleep: waking a sleeping process costs the server that wakes it
 * several microseconds, and whether it sleeps would be chance.
 */
int await(int poller, struct epoll_event *events, int most, int64_t nanos);
/** Time in which it found nothing to do. What is left of a window is what the generator's own work took. */
extern int64_t idleTime;
/** CPU time of this process, nanoseconds. As it never sleeps, what is missing of the window went to somebody else. */
int64_t ranTime(void);
void *allocate(size_t count, size_t size);
/** Connects to 127.0.0.1:port and blocks until it is there; `source`: last number of 127.0.1.x to come from, or 0. */
int dial(int source);
void setNonBlocking(int fd);
void writeAll(int fd, const void *bytes, size_t length);

// --- messages

enum { helloPublisher = 4095, headBytes = 9, mostPublishers = 4095 };
typedef enum { raw, nats, redis } Protocol;

/** How a message is sent and received: as one record of a fixed length, the same for all messages. */
typedef struct {
  Protocol protocol;
  size_t messageBytes;
  size_t sendBefore, sendBytes;
  size_t receiveBefore, receiveBytes;
  char sendHead[64], sendTail[4];
  char receiveHead[64], receiveTail[4];
} Records;

Records makeRecords(size_t messageBytes);
/** Introduces a connection to a server of the protocol, and makes it a subscriber. Blocks. */
void introduce(int fd, Protocol protocol, bool subscribe);
/** Writes the whole record that publishes a message. */
void writeRecord(const Records *records, char *into, int publisher, int64_t sequence);
/** Writes the head of a publisher's message. */
void writeHead(char *into, int publisher, int64_t sequence);
/** Publisher of a message; negative where it is not readable. */
int publisherOf(const char *message);
/** Publisher and sequence of a message; false where it has no readable head. */
bool readHead(const char *message, int *publisher, int64_t *sequence);
/** Whether what stands behind the head is what the message has to have there. */
bool isContentRight(const char *message, size_t length, int publisher, int64_t sequence);

// --- checking

/** `missing`: a later message of the same publisher has come, this one has not. */
typedef struct {
  int64_t received, doubled, reordered, corrupt, torn, own, missing;
} Counts;

/** Of what was expected and has not come, as much as can be said of it. */
typedef struct {
  int64_t lost, undelivered, missedByDisconnected;
} Absent;

/** What a subscriber has had of one publisher. */
typedef struct Track {
  int64_t next;
  char head[headBytes];
  struct Gaps *gaps;
} Track;

/** What a subscriber reads: checked message by message, over any bounds of reads. */
typedef struct {
  const Records *records;
  Track *tracks;
  int publishers;
  /** How many messages each publisher has sent so far. What is beyond nobody has sent. */
  const int64_t *sent;
  /** Its own publisher index, or -1. */
  int self;
  int fd;
  bool heardHello;
  Counts counts;
  char *rest;
  size_t restBytes;
  /** Told each message that is right. May be null. */
  void (*onMessage)(void *context, int publisher, int64_t sequence);
  void *context;
} Checker;

void initChecker(Checker *checker, const Records *records, int publishers, const int64_t *sent, int self, int fd);
/** Bytes that a read may give at once. */
enum { readBytes = 256 * 1024 };
/** Reads once and checks what came: bytes read, 0 at the end or when reset, -1 when there is nothing now. */
ptrdiff_t readAndCheck(Checker *checker);
void addCounts(Counts *sum, const Counts *counts);
void addAbsent(Absent *sum, const Counts *counts, int64_t expected, bool isOpen);
void printFindings(const Counts *counts, const Absent *absent, int disconnected);

// --- latency

/** Buckets for each power of two. */
enum { perPower = 256 };

typedef struct {
  int64_t buckets[perPower * 64];
  int64_t count, greatest;
} Histogram;

void record(Histogram *histogram, int64_t nanos);
double percentileMicros(const Histogram *histogram, double share);
/** Prints percentiles, and of how many messages. */
void printLatency(const Histogram *histogram);

// --- works

void fanout(void);
void echo(void);
void churn(void);
void idle(void);
void cores(void);

#endif
