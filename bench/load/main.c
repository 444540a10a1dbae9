// The load generator. Usage: load WORK key=value ... ; prints JSON lines. See bench/README.md.
#include "load.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static int argumentCount;
static char **arguments;

static const char *const known[] = {"port",  "publishers", "subscribers", "size",    "write",  "everybody", "rate",  "stalled",
                                    "proto", "warmup",     "seconds",     "connections", "depth", "concurrency", "limit", "least"};

const char *textArgument(const char *key, const char *byDefault) {
  size_t length = strlen(key);
  // The last of several values for a key counts.
  for (int at = argumentCount - 1; at >= 0; at--) {
    if (strncmp(arguments[at], key, length) == 0 && arguments[at][length] == '=') return arguments[at] + length + 1;
  }
  return byDefault;
}

double numberArgument(const char *key, double byDefault) {
  const char *text = textArgument(key, NULL);
  if (text == NULL) return byDefault;
  char *end;
  double value = strtod(text, &end);
  if (end == text || *end != 0 || !(value >= 0)) usage("%s must be a number from 0 up, not \"%s\"", key, text);
  return value;
}

static void complain(const char *format, va_list values) {
  fputs("load: ", stderr);
  vfprintf(stderr, format, values);
  fputc('\n', stderr);
}

void fail(const char *format, ...) {
  va_list values;
  va_start(values, format);
  complain(format, values);
  exit(1);
}

void usage(const char *format, ...) {
  va_list values;
  va_start(values, format);
  complain(format, values);
  exit(2);
}

static void onLimit(int signal) {
  (void)signal;
  static const char text[] = "load: the work was not done within its limit\n";
  if (write(2, text, sizeof text - 1) < 0) _exit(1);
  _exit(1);
}

static void refuseUnknown(void) {
  for (int at = 0; at < argumentCount; at++) {
    const char *equals = strchr(arguments[at], '=');
    bool found = false;
    for (size_t key = 0; equals != NULL && key < sizeof known / sizeof *known; key++) {
      size_t length = (size_t)(equals - arguments[at]);
      if (strlen(known[key]) == length && strncmp(known[key], arguments[at], length) == 0) found = true;
    }
    if (!found) usage("unknown argument \"%s\"", arguments[at]);
  }
}

int main(int count, char **values) {
  static const struct {
    const char *name;
    void (*run)(void);
  } works[] = {{"fanout", fanout}, {"echo", echo}, {"churn", churn}, {"idle", idle}, {"cores", cores}};
  if (count < 2) usage("expected fanout, echo, churn, idle or cores");
  argumentCount = count - 2;
  arguments = values + 2;
  refuseUnknown();
  signal(SIGPIPE, SIG_IGN);
  signal(SIGALRM, onLimit);
  unsigned limit = (unsigned)numberArgument("limit", 60);
  alarm(limit > 0 ? limit : 1);
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (size_t at = 0; at < sizeof works / sizeof *works; at++) {
    if (strcmp(works[at].name, values[1]) != 0) continue;
    works[at].run();
    return 0;
  }
  usage("unknown work \"%s\"; expected fanout, echo, churn, idle or cores", values[1]);
}
