// Measures the distance of two cores: the time of a round trip between them. The host of a virtual machine moves its cores:
// at times they share a cache, and at times each write of one core reaches the other through memory.
#define _GNU_SOURCE
#include "load.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { rounds = 100, batches = 201 };
// An idle core may run slowly at first.
static const int64_t warmNanos = 10000000;

/** An odd number asks the other thread for an answer. A negative number ends that thread. */
static _Alignas(128) _Atomic int64_t word;

static bool stayOn(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  return sched_setaffinity(0, sizeof set, &set) == 0;
}

static void *answer(void *core) {
  if (!stayOn(*(int *)core)) fail("cannot choose a core");
  for (;;) {
    int64_t asked = atomic_load(&word);
    if (asked < 0) return NULL;
    if (asked % 2 == 1) atomic_store(&word, asked + 1);
  }
}

/** The mean time of a round trip in one batch, in nanoseconds. */
static double batch(void) {
  int64_t begun = now();
  for (int round = 0; round < rounds; round++) {
    int64_t asked = atomic_load(&word) + 1;
    atomic_store(&word, asked);
    while (atomic_load(&word) == asked) continue;
  }
  return (double)(now() - begun) / rounds;
}

static int ascending(const void *a, const void *b) {
  double left = *(const double *)a, right = *(const double *)b;
  return left < right ? -1 : left > right;
}

/** The median of all batches, because other processes interrupt a few batches. */
static double roundTrip(int other) {
  static double nanos[batches];
  pthread_t thread;
  if (pthread_create(&thread, NULL, answer, &other) != 0) fail("cannot make a thread");
  for (int64_t begun = now(); now() - begun < warmNanos;) batch();
  for (int at = 0; at < batches; at++) nanos[at] = batch();
  atomic_store(&word, -1);
  pthread_join(thread, NULL);
  qsort(nanos, batches, sizeof *nanos, ascending);
  return nanos[batches / 2];
}

/**
 * Prints the distance of two cores. With more cores it prints none, because the cores of the server and the generator are
 * then unknown.
 */
void cores(void) {
  cpu_set_t set;
  CPU_ZERO(&set);
  int found[2], count = 0;
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    for (int core = 0; core < CPU_SETSIZE; core++) {
      if (!CPU_ISSET(core, &set)) continue;
      if (count < 2) found[count] = core;
      count++;
    }
  }
  double nanos = count == 2 && stayOn(found[0]) ? roundTrip(found[1]) : 0;
  printf("{\"phase\":\"result\",\"work\":\"cores\"");
  if (nanos > 0) printf(",\"roundTripNanos\":%.1f", nanos);
  printf("}\n");
}
