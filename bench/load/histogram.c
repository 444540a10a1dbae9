// A histogram of latencies: 256 buckets for each power of two, so a bucket is less than 0.4 % wide.
#include "load.h"

#include <stdio.h>

static int bucketOf(int64_t nanos) {
  if (nanos < perPower) return nanos < 0 ? 0 : (int)nanos;
  int power = 63 - __builtin_clzll((unsigned long long)nanos) - 8;
  return (power + 1) * perPower + (int)((nanos >> power) - perPower);
}

static double middleOf(int bucket) {
  if (bucket < perPower) return bucket;
  int power = bucket / perPower - 1;
  return ((double)(bucket % perPower + perPower) + 0.5) * (double)((int64_t)1 << power);
}

void record(Histogram *histogram, int64_t nanos) {
  histogram->buckets[bucketOf(nanos)]++;
  histogram->count++;
  if (nanos > histogram->greatest) histogram->greatest = nanos;
}

static double percentileMicros(const Histogram *histogram, double share) {
  int64_t rank = (int64_t)(share * (double)histogram->count);
  for (int bucket = 0; bucket < perPower * 64; bucket++) {
    rank -= histogram->buckets[bucket];
    if (rank < 0) {
      double middle = middleOf(bucket);
      return (middle < (double)histogram->greatest ? middle : (double)histogram->greatest) / 1000;
    }
  }
  return (double)histogram->greatest / 1000;
}

void printLatency(const Histogram *histogram) {
  printf("\"latencyMicros\":{\"p50\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f},\"latencies\":%lld",
         percentileMicros(histogram, 0.5), percentileMicros(histogram, 0.99), percentileMicros(histogram, 0.999), (double)histogram->greatest / 1000, (long long)histogram->count);
}
