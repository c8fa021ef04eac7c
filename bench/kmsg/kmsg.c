/*
 * Measures the cost of reading the kernel's log: a read that finds nothing, as in each cycle of the agent, and a read of one record.
 *
 *   make -C bench ../artifacts/bench/kmsg && artifacts/bench/kmsg
 */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define READS 1000000
#define ROUNDS 200

static double now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return 1e9 * (double)time.tv_sec + (double)time.tv_nsec;
}

int main(void)
{
    char buffer[8192];
    int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
    if (log < 0) {
        perror("/dev/kmsg");
        return 1;
    }

    lseek(log, 0, SEEK_END);
    double began = now_ns();
    for (int i = 0; i < READS; i++) {
        if (read(log, buffer, sizeof buffer) > 0) i--;
    }

    printf("a read that finds nothing: %.0f ns\n", (now_ns() - began) / READS);
    long records = 0;
    began = now_ns();
    for (int i = 0; i < ROUNDS; i++) {
        lseek(log, 0, SEEK_SET);
        while (read(log, buffer, sizeof buffer) > 0) records++;
    }

    printf("a record: %.0f ns (%ld read)\n", (now_ns() - began) / (double)records, records);
    return 0;
}
