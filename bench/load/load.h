// The shared declarations of the load generator. Times are nanoseconds of CLOCK_MONOTONIC.
#ifndef LOAD_H
#define LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// --- arguments: WORK key=value ...

/** The value of an argument, or its default. If the value is not a number from 0 up, the program exits with 2. */
double numberArgument(const char *key, double byDefault);
const char *textArgument(const char *key, const char *byDefault);
_Noreturn void fail(const char *format, ...);
_Noreturn void usage(const char *format, ...);

// --- system

int64_t now(void);
struct epoll_event;
/**
 * Waits for events for `nanos` without sleeping. The server needs several microseconds to wake a sleeping process. With
 * sleep, this cost would occur at random.
 */
int await(int poller, struct epoll_event *events, int most, int64_t nanos);
/** The time in which `await` found no event. The rest of a window is the generator's own work. */
extern int64_t idleTime;
/**
 * The CPU time of this process. The process never sleeps, so in the rest of the elapsed time, other processes had its
 * core.
 */
int64_t ranTime(void);
void *allocate(size_t count, size_t size);
/**
 * Connects to 127.0.0.1:port. Blocks until then. `source`: the last number of the local address 127.0.1.x, or 0 for any.
 */
int dial(int source);
void setNonBlocking(int fd);
void writeAll(int fd, const void *bytes, size_t length);

// --- window

/** The window of a workload: the time in which the generator counts. */
typedef struct {
  /** The start and the end of the window. Each is 0 until its time has come. */
  int64_t begun, ended;
  /** The length in seconds, and the shares of it during which the generator worked and had a core. */
  double seconds, cpu, ran;
} Window;

bool isCounting(const Window *window);
bool isWithin(const Window *window, int64_t time);
/** Runs the warm-up and the window. The window is extended until `counted` returns at least the argument `least`. */
void runWindow(Window *window, void (*runUntil)(int64_t time), int64_t (*counted)(void));
/** Prints the beginning of a result: the window and the number of units counted in it. */
void printWindow(const Window *window, const char *work, const char *unit, int64_t count);
/** Runs turns until `isComplete`, until nothing was received for a second, or for 30 s. */
void settle(void (*turn)(int64_t nanos), int64_t (*received)(void), bool (*isComplete)(void));

// --- messages

enum { helloPublisher = 4095, headBytes = 9, mostPublishers = 4095 };
typedef enum { raw, nats, redis } Protocol;

/**
 * The encoding of a message on the wire, as one record. All sent records have the same length, and so have all received
 * records.
 */
typedef struct {
  Protocol protocol;
  size_t messageBytes;
  size_t sendBefore, sendBytes;
  size_t receiveBefore, receiveBytes;
  char sendHead[64], sendTail[4];
  char receiveHead[64], receiveTail[4];
} Records;

Records makeRecords(size_t messageBytes);
/** Performs the handshake of the protocol, and subscribes if `subscribe` is set. Blocks. */
void introduce(int fd, Protocol protocol, bool subscribe);
/** Writes the record that publishes a message. */
void writeRecord(const Records *records, char *into, int publisher, int64_t sequence);
/** Writes the head of a publisher's message. */
void writeHead(char *into, int publisher, int64_t sequence);
/** The publisher of a message. A negative number means that the head is unreadable. */
int publisherOf(const char *message);
/** Reads publisher and sequence. `false` means that the head is unreadable. */
bool readHead(const char *message, int *publisher, int64_t *sequence);
/** Whether the filler after the head is correct for this publisher and sequence. */
bool isContentRight(const char *message, size_t length, int publisher, int64_t sequence);

// --- checking

/** `missing`: messages that have not arrived although a later message of the same publisher has. */
typedef struct {
  int64_t received, doubled, reordered, corrupt, torn, own, missing;
} Counts;

/** Expected messages that have not arrived. */
typedef struct {
  int64_t lost, undelivered, missedByDisconnected;
} Absent;

/** The messages of one publisher that a subscriber has received. */
typedef struct Track {
  int64_t next;
  char head[headBytes];
  struct Gaps *gaps;
} Track;

/** Checks each message that a subscriber receives. A read may end anywhere in a message. */
typedef struct {
  const Records *records;
  Track *tracks;
  int publishers;
  /** The number of messages that each publisher has sent so far. */
  const int64_t *sent;
  /** The index of the subscriber as a publisher, or -1. */
  int self;
  int fd;
  bool heardHello;
  Counts counts;
  char *rest;
  size_t restBytes;
  /** Called for each correct message. May be null. */
  void (*onMessage)(void *context, int publisher, int64_t sequence);
  void *context;
} Checker;

void initChecker(Checker *checker, const Records *records, int publishers, const int64_t *sent, int self, int fd);
/** The largest number of bytes in one read. */
enum { readBytes = 256 * 1024 };
/**
 * Reads once and checks the messages. Returns the number of bytes read, 0 at the end or after a reset, or -1 if no bytes
 * have arrived yet.
 */
ptrdiff_t readAndCheck(Checker *checker);
void addCounts(Counts *sum, const Counts *counts);
void addAbsent(Absent *sum, const Counts *counts, int64_t expected, bool isOpen);
void printFindings(const Counts *counts, const Absent *absent, int disconnected);

// --- latency

/** The number of buckets for each power of two. */
enum { perPower = 256 };

typedef struct {
  int64_t buckets[perPower * 64];
  int64_t count, greatest;
} Histogram;

void record(Histogram *histogram, int64_t nanos);
/** Prints percentiles and the number of messages. */
void printLatency(const Histogram *histogram);

// --- workloads

void fanout(void);
void echo(void);
void churn(void);
void idle(void);
void cores(void);

#endif
