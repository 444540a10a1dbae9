// The workloads for connections: `churn` opens and closes connections as fast as possible, `idle` keeps them open.
#define _GNU_SOURCE
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { sources = 32 };

static int poller, nextSource;
static int64_t opened, failed;
static Window window;

/** Starts to connect. Several local addresses take turns, because the ports of one address would run out. */
static void begin(void) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) fail("cannot make a socket");
  int one = 1;
  struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000101u + (unsigned)(nextSource++ % sources))};
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  bind(fd, (struct sockaddr *)&from, sizeof from);
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_port = htons((uint16_t)numberArgument("port", 0)),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) {
    failed++;
    close(fd);
    return;
  }
  struct epoll_event event = {.events = EPOLLOUT, .data.fd = fd};
  epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

static void finish(int fd, bool good) {
  close(fd);
  if (!good) failed++;
  else if (isCounting(&window)) opened++;
  begin();
}

static void onEvent(int fd, uint32_t events) {
  if (events & EPOLLOUT) {
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) return finish(fd, false);
    shutdown(fd, SHUT_WR);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(poller, EPOLL_CTL_MOD, fd, &event);
    return;
  }
  char bytes[4096];
  ssize_t got = read(fd, bytes, sizeof bytes);
  if (got == 0) finish(fd, true);
  else if (got < 0 && errno != EAGAIN && errno != EINTR) finish(fd, false);
}

static void runUntil(int64_t time) {
  struct epoll_event events[256];
  for (int64_t left = time - now(); left > 0; left = time - now()) {
    int count = await(poller, events, 256, left);
    for (int at = 0; at < count; at++) onEvent(events[at].data.fd, events[at].events);
  }
}

static int64_t openedSoFar(void) { return opened; }

void churn(void) {
  poller = epoll_create1(EPOLL_CLOEXEC);
  int concurrency = (int)numberArgument("concurrency", 64);
  close(dial(0));
  for (int at = 0; at < concurrency; at++) begin();
  printf("{\"phase\":\"connected\",\"connections\":%d}\n", concurrency);
  runWindow(&window, runUntil, openedSoFar);
  printWindow(&window, "churn", "connections", opened);
  printf("\"failed\":%lld}\n", (long long)failed);
}

void idle(void) {
  poller = epoll_create1(EPOLL_CLOEXEC);
  int connections = (int)numberArgument("connections", 10000), open = connections;
  struct epoll_event input = {.events = EPOLLIN, .data.fd = 0};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, 0, &input) < 0) fail("standard input must be a pipe");
  for (int at = 0; at < connections; at++) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = dial(1 + at % sources)};
    epoll_ctl(poller, EPOLL_CTL_ADD, event.data.fd, &event);
    // Without a pause the queue of the listener overflows, and each lost SYN costs a second.
    usleep(150);
  }
  printf("{\"phase\":\"connected\",\"connections\":%d}\n", connections);
  for (bool held = true; held && open > 0;) {
    struct epoll_event events[256];
    int count = epoll_wait(poller, events, 256, -1);
    for (int at = 0; at < count; at++) {
      char bytes[4096];
      int fd = events[at].data.fd;
      ssize_t got = read(fd, bytes, sizeof bytes);
      if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR))) continue;
      if (fd == 0) {
        held = false;
        continue;
      }
      close(fd);
      open--;
    }
  }
  printf("{\"phase\":\"result\",\"work\":\"idle\",\"connections\":%d}\n", connections);
}
