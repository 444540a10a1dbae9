/* The other end of the pipe: moves bytes with large reads and writes.
 *   pump source BYTES          listens, sends BYTES to the first client, waits for its FIN
 *   pump sink                  listens, reads from the first client until its FIN
 *   pump send PORT BYTES KIND  connects, sends BYTES (KIND: zeros or lines), waits for the server's FIN
 * A listener prints its port. At the end the program prints the number of bytes moved. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { chunk = 512 * 1024, line = 64, limit_seconds = 120 };

static char buffer[chunk];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static struct sockaddr_in loopback(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static int accept_one(void) {
  struct sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 1) != 0) fail("listen");
  getsockname(listener, (struct sockaddr *)&address, &length);
  printf("listening %d\n", ntohs(address.sin_port));
  fflush(stdout);
  int one = accept(listener, NULL, NULL);
  if (one < 0) fail("accept");
  return one;
}

static int connect_to(int port) {
  struct sockaddr_in address = loopback(port);
  int one = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(one, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
  return one;
}

static long drain(int one) {
  long moved = 0;
  for (;;) {
    ssize_t got = read(one, buffer, chunk);
    if (got < 0) fail("read");
    if (got == 0) return moved;
    moved += got;
  }
}

static long send_all(int one, long bytes) {
  long moved = 0;
  while (moved < bytes) {
    long left = bytes - moved;
    ssize_t sent = write(one, buffer, left < chunk ? left : chunk);
    if (sent < 0) fail("write");
    moved += sent;
    /* A short write must not tear a line. */
    while (sent % line != 0 && moved < bytes) {
      ssize_t more = write(one, buffer + sent % chunk, line - sent % line);
      if (more < 0) fail("write");
      sent += more;
      moved += more;
    }
  }
  shutdown(one, SHUT_WR);
  return moved;
}

int main(int count, char **words) {
  const char *work = count > 1 ? words[1] : "";
  long moved;
  /* The alarm ends a program that hangs. */
  alarm(limit_seconds);
  if (strcmp(work, "source") == 0 && count == 3) {
    int one = accept_one();
    moved = send_all(one, atol(words[2]));
    drain(one);
  } else if (strcmp(work, "sink") == 0) {
    moved = drain(accept_one());
  } else if (strcmp(work, "send") == 0 && count == 5) {
    if (strcmp(words[4], "lines") == 0) {
      memset(buffer, 'x', chunk);
      for (long at = line - 1; at < chunk; at += line) buffer[at] = '\n';
    }
    int one = connect_to(atoi(words[2]));
    moved = send_all(one, atol(words[3]));
    drain(one);
  } else {
    fprintf(stderr, "usage: pump source BYTES | sink | send PORT BYTES zeros|lines\n");
    return 2;
  }
  printf("moved %ld\n", moved);
  return 0;
}
