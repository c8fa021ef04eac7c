/*
 * floor: delivers given lines with the least possible work: no queue, no retries, no second thread.
 *
 *     floor --lines FILE --spool DIRECTORY --port PORT --database NAME [--cycles N] [--warm N] [--interval MS]
 *           [--plain] [--no-sync]
 *     floor --cpu-of PID THREAD...
 *
 * Each cycle compresses the lines (gzip, level 1), writes them under a temporary name in the directory, syncs and renames
 * the file, posts the lines with HTTP/1.1 over one kept connection to 127.0.0.1:PORT /write, reads the answer, which must
 * be 204, and unlinks the file. --plain posts them uncompressed (the file is still compressed), --no-sync leaves out the
 * sync. Cycles start an interval apart, because the cost depends on how much of the caches other programs have replaced.
 *
 * Prints the user and system CPU time of a cycle in ms, the part of it for compressing, and the compressed bytes.
 * With --cpu-of: prints two CPU times of a process in ns. The first leaves out the live threads with the given names and
 * includes ended threads. The second is the time of the whole process.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

static void die(const char *what)
{
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double cpu_seconds(clockid_t clock)
{
    struct timespec now;
    if (clock_gettime(clock, &now) != 0)
        return 0;
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* From the scheduler's counters, because the CPU clocks of another process's threads cannot be read. */
static double thread_seconds(pid_t pid, const char *thread)
{
    char path[300];
    snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", pid, thread);
    FILE *file = fopen(path, "re");
    double nanoseconds = 0;
    if (file == NULL)
        return 0;
    if (fscanf(file, "%lf", &nanoseconds) != 1)
        nanoseconds = 0;
    fclose(file);
    return nanoseconds / 1e9;
}

static int cpu_of(pid_t pid, int name_count, char **names)
{
    clockid_t clock;
    if (clock_getcpuclockid(pid, &clock) != 0) {
        fprintf(stderr, "floor: no process %d\n", pid);
        return 1;
    }
    char path[300];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *directory = opendir(path);
    if (directory == NULL)
        die(path);
    double others = 0;
    struct dirent *entry;
    while ((entry = readdir(directory)) != NULL) {
        char name[64] = "";
        snprintf(path, sizeof path, "/proc/%d/task/%s/comm", pid, entry->d_name);
        FILE *file = fopen(path, "re");
        if (file == NULL)
            continue;
        if (fgets(name, sizeof name, file) != NULL)
            name[strcspn(name, "\n")] = '\0';
        fclose(file);
        bool is_other = atoi(entry->d_name) == pid;
        for (int i = 0; i < name_count; i++)
            is_other |= strcmp(name, names[i]) == 0;
        if (is_other)
            others += thread_seconds(pid, entry->d_name);
    }
    closedir(directory);
    double all = cpu_seconds(clock);
    printf("%.0f %.0f\n", (all - others) * 1e9, all * 1e9);
    return 0;
}

static void write_all(int descriptor, const void *from, size_t length, const char *what)
{
    while (length > 0) {
        ssize_t written = write(descriptor, from, length);
        if (written < 0)
            die(what);
        from = (const char *)from + written;
        length -= (size_t)written;
    }
}

int main(int count, char **arguments)
{
    const char *lines_path = NULL, *spool = NULL, *database = "floor";
    long cycles = 20, warm = 3, interval_ms = 1000, port = 0;
    bool plain = false, sync = true;
    if (count >= 3 && strcmp(arguments[1], "--cpu-of") == 0)
        return cpu_of(atoi(arguments[2]), count - 3, arguments + 3);
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--plain") == 0)
            plain = true;
        else if (strcmp(arguments[i], "--no-sync") == 0)
            sync = false;
        else if (i + 1 == count)
            goto usage;
        else if (strcmp(arguments[i], "--lines") == 0)
            lines_path = arguments[++i];
        else if (strcmp(arguments[i], "--spool") == 0)
            spool = arguments[++i];
        else if (strcmp(arguments[i], "--port") == 0)
            port = atol(arguments[++i]);
        else if (strcmp(arguments[i], "--database") == 0)
            database = arguments[++i];
        else if (strcmp(arguments[i], "--cycles") == 0)
            cycles = atol(arguments[++i]);
        else if (strcmp(arguments[i], "--warm") == 0)
            warm = atol(arguments[++i]);
        else if (strcmp(arguments[i], "--interval") == 0)
            interval_ms = atol(arguments[++i]);
        else
            goto usage;
    }
    if (lines_path == NULL || spool == NULL || port == 0)
        goto usage;

    int lines_file = open(lines_path, O_RDONLY | O_CLOEXEC);
    off_t size = lines_file < 0 ? -1 : lseek(lines_file, 0, SEEK_END);
    if (size <= 0)
        die(lines_path);
    size_t length = (size_t)size;
    unsigned char *lines = malloc(length);
    if (lines == NULL || pread(lines_file, lines, length, 0) != size)
        die(lines_path);
    close(lines_file);

    z_stream stream = {0};
    if (deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return 1;
    size_t room = deflateBound(&stream, length);
    unsigned char *compressed = malloc(room);
    size_t compressed_length = 0;

    int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    if (connection < 0 || connect(connection, (struct sockaddr *)&address, sizeof address) != 0)
        die("connect");
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);

    char temporary[4096], final[4096];
    snprintf(temporary, sizeof temporary, "%s/floor.tmp", spool);
    snprintf(final, sizeof final, "%s/floor.lp.gz", spool);

    struct timespec due;
    clock_gettime(CLOCK_MONOTONIC, &due);
    double before = 0, compressing = 0;
    for (long cycle = -warm; cycle < cycles; cycle++) {
        if (cycle == 0) {
            before = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
            compressing = 0;
        }
        double started = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
        deflateReset(&stream);
        stream.next_in = lines;
        stream.avail_in = (unsigned)length;
        stream.next_out = compressed;
        stream.avail_out = (unsigned)room;
        if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
            return 1;
        compressed_length = room - stream.avail_out;
        compressing += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - started;

        int file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
        if (file < 0)
            die(temporary);
        write_all(file, compressed, compressed_length, temporary);
        if (sync && fsync(file) != 0)
            die(temporary);
        close(file);
        if (rename(temporary, final) != 0)
            die(final);

        char header[1024];
        const unsigned char *body = plain ? lines : compressed;
        size_t body_length = plain ? length : compressed_length;
        int header_length = snprintf(header, sizeof header,
            "POST /write?db=%s&precision=ns HTTP/1.1\r\nHost: 127.0.0.1:%ld\r\nContent-Type: text/plain; charset=utf-8\r\n%s"
            "Content-Length: %zu\r\n\r\n",
            database, port, plain ? "" : "Content-Encoding: gzip\r\n", body_length);
        write_all(connection, header, (size_t)header_length, "write");
        write_all(connection, body, body_length, "write");
        char answer[4096];
        size_t filled = 0;
        while (filled < 4 || memcmp(answer + filled - 4, "\r\n\r\n", 4) != 0) {
            ssize_t got = read(connection, answer + filled, sizeof answer - 1 - filled);
            if (got <= 0)
                die("read");
            filled += (size_t)got;
            answer[filled] = '\0';
            if (filled >= 12 && strncmp(answer, "HTTP/1.1 204", 12) != 0) {
                fprintf(stderr, "floor: expected status 204, but the server answered %s\n", answer);
                return 1;
            }
        }
        if (unlink(final) != 0)
            die(final);

        due.tv_sec += interval_ms / 1000;
        due.tv_nsec += interval_ms % 1000 * 1000000;
        if (due.tv_nsec >= 1000000000) {
            due.tv_sec++;
            due.tv_nsec -= 1000000000;
        }
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
    }
    double used = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - before;
    printf("%.2f %.2f %zu\n", used * 1e3 / (double)cycles, compressing * 1e3 / (double)cycles, compressed_length);
    return 0;

usage:
    fputs("usage: floor --lines FILE --spool DIRECTORY --port PORT [--database NAME] [--cycles N] [--warm N] [--interval MS] [--plain] [--no-sync]\n"
          "       floor --cpu-of PID THREAD...\n", stderr);
    return 2;
}
