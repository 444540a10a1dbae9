// How far two cores are from each other. Where a machine is a guest of another one, that moves its cores about: now they
// share a cache, and now all that one has written comes to the other through memory.
#define _GNU_SOURCE
#include "load.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { rounds = 100, batches = 201 };
// A core that has been idle may be slow at first.
static const int64_t warmNanos = 10000000;

/** Odd: for the other thread to answer. Negative: it is done. */
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

/** Nanoseconds that it takes to hear back, in the mean of one batch. */
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

/** The middle batch: what else runs on these cores interrupts a few. */
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

/** Of more than two, nobody knows on which the server and the generator are going to run; then it tells nothing. */
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
