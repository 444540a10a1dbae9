// The format of a message: two characters for the publisher, seven for the sequence, filler that both determine, and a line
// feed.
#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+-";
static const size_t mostBytes = 1 << 20;
// The repeated alphabet. Every filler is a piece of this text.
static char *filler;
static signed char values[256];

static void prepare(size_t messageBytes) {
  filler = allocate(messageBytes + 64, 1);
  for (size_t at = 0; at < messageBytes + 64; at++) filler[at] = alphabet[at & 63];
  memset(values, -1, sizeof values);
  for (int value = 0; value < 64; value++) values[(unsigned char)alphabet[value]] = (signed char)value;
}

static const char *fillerOf(int publisher, int64_t sequence) {
  return filler + (((int64_t)publisher * 7 + sequence * 13 + headBytes) & 63);
}

void writeHead(char *into, int publisher, int64_t sequence) {
  into[0] = alphabet[publisher >> 6];
  into[1] = alphabet[publisher & 63];
  for (int at = 8; at >= 2; at--) {
    into[at] = alphabet[sequence & 63];
    sequence >>= 6;
  }
}

int publisherOf(const char *message) {
  int high = values[(unsigned char)message[0]], low = values[(unsigned char)message[1]];
  return high < 0 || low < 0 ? -1 : high << 6 | low;
}

bool readHead(const char *message, int *publisher, int64_t *sequence) {
  int64_t all = 0;
  for (int at = 0; at < headBytes; at++) {
    int value = values[(unsigned char)message[at]];
    if (value < 0) return false;
    all = all << 6 | value;
  }
  *publisher = (int)(all >> 42);
  *sequence = all & (((int64_t)1 << 42) - 1);
  return true;
}

bool isContentRight(const char *message, size_t length, int publisher, int64_t sequence) {
  return message[length - 1] == '\n' &&
         memcmp(message + headBytes, fillerOf(publisher, sequence), length - headBytes - 1) == 0;
}

Records makeRecords(size_t messageBytes) {
  if (messageBytes < 16 || messageBytes > mostBytes) usage("size must be from 16 to %zu bytes", mostBytes);
  prepare(messageBytes);
  Records records = {.messageBytes = messageBytes};
  const char *name = textArgument("proto", "raw");
  if (strcmp(name, "raw") == 0) {
    records.protocol = raw;
  } else if (strcmp(name, "nats") == 0) {
    records.protocol = nats;
    snprintf(records.sendHead, sizeof records.sendHead, "PUB x %zu\r\n", messageBytes);
    snprintf(records.receiveHead, sizeof records.receiveHead, "MSG x 1 %zu\r\n", messageBytes);
  } else if (strcmp(name, "redis") == 0) {
    records.protocol = redis;
    snprintf(records.sendHead, sizeof records.sendHead, "*3\r\n$7\r\nPUBLISH\r\n$1\r\nx\r\n$%zu\r\n", messageBytes);
    snprintf(records.receiveHead, sizeof records.receiveHead, "*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$%zu\r\n", messageBytes);
  } else {
    usage("proto must be raw, nats or redis, not \"%s\"", name);
  }
  if (records.protocol != raw) {
    strcpy(records.sendTail, "\r\n");
    strcpy(records.receiveTail, "\r\n");
  }
  records.sendBefore = strlen(records.sendHead);
  records.sendBytes = records.sendBefore + messageBytes + strlen(records.sendTail);
  records.receiveBefore = strlen(records.receiveHead);
  records.receiveBytes = records.receiveBefore + messageBytes + strlen(records.receiveTail);
  return records;
}

void writeRecord(const Records *records, char *into, int publisher, int64_t sequence) {
  memcpy(into, records->sendHead, records->sendBefore);
  char *message = into + records->sendBefore;
  writeHead(message, publisher, sequence);
  memcpy(message + headBytes, fillerOf(publisher, sequence), records->messageBytes - headBytes - 1);
  message[records->messageBytes - 1] = '\n';
  memcpy(message + records->messageBytes, records->sendTail, strlen(records->sendTail));
}

/** Reads until a text has arrived. Drops the bytes after it, so the server must not send more before the next request. */
static void awaitText(int fd, const char *text) {
  char answer[4096];
  size_t length = 0;
  while (length < sizeof answer - 1) {
    ssize_t got = read(fd, answer + length, sizeof answer - 1 - length);
    if (got <= 0) fail("the server closed the connection: %s", got < 0 ? strerror(errno) : "end");
    length += (size_t)got;
    answer[length] = 0;
    if (strstr(answer, text) != NULL) return;
    if (strstr(answer, "-ERR") != NULL) fail("the server said: %s", answer);
  }
  fail("the server does not speak the protocol: expected %s", text);
}

void introduce(int fd, Protocol protocol, bool subscribe) {
  if (protocol == nats) {
    awaitText(fd, "INFO");
    char text[200];
    snprintf(text, sizeof text, "CONNECT {\"verbose\":false,\"echo\":false,\"pedantic\":false}\r\n%sPING\r\n",
             subscribe ? "SUB x 1\r\n" : "");
    writeAll(fd, text, strlen(text));
    awaitText(fd, "PONG\r\n");
  } else if (protocol == redis && subscribe) {
    static const char text[] = "*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\nx\r\n";
    writeAll(fd, text, sizeof text - 1);
    awaitText(fd, ":1\r\n");
  }
}
