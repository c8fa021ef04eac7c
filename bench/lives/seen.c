/*
 * seen: follows a file of line protocol and records when lines of containers can be read from it.
 *
 *     seen FILE OUTPUT
 *
 * For each point container_exit, and for the first point container_cpu of each container of the runtime docker, OUTPUT gets
 *
 *     exit|birth NAME NS
 *
 * with the time since the epoch at which the read returned that had the end of the line. The file may be created later and
 * must not be rotated. Ends at SIGTERM. Uses real-time priority if it may; without it the delays include its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

enum { MAX_NUMBER = 1 << 20, ROOM = 1 << 20 };

static char buffer[ROOM];
static bool born[MAX_NUMBER];

static void take(const char *line, FILE *output, long long now_ns)
{
    bool is_exit = strncmp(line, "container_exit,", 15) == 0;
    if (!is_exit && strncmp(line, "container_cpu,", 14) != 0)
        return;
    const char *name = strstr(line, ",container=churn-");
    if (name == NULL)
        return;
    int number = atoi(name + 17);
    if (number < 0 || number >= MAX_NUMBER || (!is_exit && born[number]))
        return;
    born[number] |= !is_exit;
    fprintf(output, "%s churn-%d %lld\n", is_exit ? "exit" : "birth", number, now_ns);
}

int main(int count, char **arguments)
{
    if (count != 3) {
        fputs("usage: seen FILE OUTPUT\n", stderr);
        return 2;
    }

    sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = 1});
    int file;
    while ((file = open(arguments[1], O_RDONLY | O_CLOEXEC)) < 0)
        usleep(10000);
    FILE *output = fopen(arguments[2], "we");
    int changes = inotify_init1(IN_CLOEXEC);
    if (output == NULL || changes < 0 || inotify_add_watch(changes, arguments[1], IN_MODIFY) < 0) {
        fprintf(stderr, "seen: %s\n", strerror(errno));
        return 1;
    }

    setvbuf(output, NULL, _IOLBF, 0);
    size_t kept = 0;
    for (;;) {
        ssize_t length = read(file, buffer + kept, sizeof buffer - 1 - kept);
        if (length <= 0) {
            char event[4096];
            if (read(changes, event, sizeof event) < 0 && errno != EINTR)
                return 1;
            continue;
        }

        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        kept += (size_t)length;
        char *line = buffer, *end;
        while ((end = memchr(line, '\n', kept - (size_t)(line - buffer))) != NULL) {
            *end = '\0';
            take(line, output, now.tv_sec * 1000000000LL + now.tv_nsec);
            line = end + 1;
        }
        kept -= (size_t)(line - buffer);
        memmove(buffer, line, kept);
        if (kept == sizeof buffer - 1)
            kept = 0;
    }
}
