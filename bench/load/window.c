// The time window of a measurement, and the wait for the messages that are still in flight when the window ends.
#include "load.h"

#include <stdio.h>

enum { stepNanos = 5000000 };
static const int64_t mostSettleNanos = 30000000000, mostSilenceNanos = 1000000000, mostStepSilenceNanos = 10000000;

bool isCounting(const Window *window) { return window->begun > 0 && window->ended == 0; }

bool isWithin(const Window *window, int64_t time) {
  return window->begun > 0 && time >= window->begun && (window->ended == 0 || time < window->ended);
}

void runWindow(Window *window, void (*runUntil)(int64_t time), int64_t (*counted)(void)) {
  runUntil(now() + (int64_t)(numberArgument("warmup", 0.5) * 1e9));
  printf("{\"phase\":\"begin\"}\n");
  int64_t idleBegin = idleTime, ranBegin = ranTime();
  window->begun = now();
  runUntil(window->begun + (int64_t)(numberArgument("seconds", 2) * 1e9));
  for (double least = numberArgument("least", 0); (double)counted() < least;) runUntil(now() + stepNanos);
  window->ended = now();
  double nanos = (double)(window->ended - window->begun);
  window->seconds = nanos / 1e9;
  window->cpu = 1 - (double)(idleTime - idleBegin) / nanos;
  window->ran = (double)(ranTime() - ranBegin) / nanos;
  printf("{\"phase\":\"end\"}\n");
}

void printWindow(const Window *window, const char *work, const char *unit, int64_t count) {
  printf("{\"phase\":\"result\",\"work\":\"%s\",\"seconds\":%.4f,\"cpu\":%.3f,\"ran\":%.3f,\"%s\":%lld,\"perSecond\":%.1f,", work,
         window->seconds, window->cpu, window->ran, unit, (long long)count, (double)count / window->seconds);
}

void settle(void (*turn)(int64_t nanos), int64_t (*received)(void), bool (*isComplete)(void)) {
  int64_t begun = now(), silence = 0, last = -1;
  while (now() - begun < mostSettleNanos && silence < mostSilenceNanos) {
    int64_t before = now();
    turn(stepNanos);
    if (isComplete()) return;
    int64_t took = now() - before, count = received();
    // A pause of this machine must not count as silence of the server, so a step adds at most 10 ms of silence.
    silence = count == last ? silence + (took < mostStepSilenceNanos ? took : mostStepSilenceNanos) : 0;
    last = count;
  }
}
