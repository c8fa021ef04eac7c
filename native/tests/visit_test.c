/*
 * The shim alone, against the real kernel: the way home, room that runs out, limits, signals. What the numbers mean is
 * tested from the managed side.
 */
#include "../nscollector.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(condition)                                                             \
    do {                                                                             \
        if (!(condition)) {                                                          \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);  \
            exit(1);                                                                 \
        }                                                                            \
        checks++;                                                                    \
    } while (0)

enum { PROCESSES = 3 };

int __real_setns(int fd, int kind);
int __wrap_setns(int fd, int kind);

static int checks;
static int calls_before_refusal = -1;
static int signal_inside;
static pid_t pids[PROCESSES];
static int directories[PROCESSES];
static uint8_t buffer[1 << 20];

int __wrap_setns(int fd, int kind)
{
    sigset_t now;
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    if (!sigismember(&now, SIGTERM) || !sigismember(&now, SIGCHLD)) signal_inside = 1;
    if (calls_before_refusal == 0) {
        errno = EPERM;
        return -1;
    }

    if (calls_before_refusal > 0) calls_before_refusal--;
    return __real_setns(fd, kind);
}

static uint64_t own_namespace(void)
{
    struct stat status;
    CHECK(stat("/proc/thread-self/ns/net", &status) == 0);
    return status.st_ino;
}

static void start_processes(void)
{
    for (int i = 0; i < PROCESSES; i++) {
        int ready[2];
        char path[64];
        char byte;
        CHECK(pipe(ready) == 0);
        pids[i] = fork();
        CHECK(pids[i] >= 0);
        if (pids[i] == 0) {
            if (unshare(CLONE_NEWNET) != 0) _exit(1);
            if (write(ready[1], "x", 1) != 1) _exit(1);
            for (;;) pause();
        }

        close(ready[1]);
        CHECK(read(ready[0], &byte, 1) == 1);
        close(ready[0]);
        snprintf(path, sizeof path, "/proc/%d", (int)pids[i]);
        directories[i] = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        CHECK(directories[i] >= 0);
    }
}

static int32_t visit(int32_t mode, uint64_t capacity, uint32_t dev_limit, nsc_target *targets, int32_t count, nsc_request *request)
{
    static nsc_visitor visitor = {.thread_net = -1};
    memset(request, 0, sizeof *request);
    memset(targets, 0, sizeof *targets * (size_t)count);
    request->mode = mode;
    request->sections = (1u << NSC_SECTION_DEV) | (1u << NSC_SECTION_SNMP);
    request->dev_limit = dev_limit;
    request->text_limit = 65536;
    request->buffer = (uint64_t)(uintptr_t)buffer;
    request->capacity = capacity;
    for (int32_t i = 0; i < count; i++) targets[i].directory = directories[i % PROCESSES];
    return nsc_visit(&visitor, request, targets, count);
}

static int descriptors(void)
{
    int count = 0;
    for (int fd = 0; fd < 256; fd++) count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void comes_home_and_leaves_nothing_open(void)
{
    nsc_request request;
    nsc_target targets[PROCESSES];
    sigset_t before;
    sigset_t after;
    uint64_t home = own_namespace();
    CHECK(visit(NSC_MODE_VISIT, sizeof buffer, 65536, targets, PROCESSES, &request) == PROCESSES);
    int open_before = descriptors();
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    CHECK(visit(NSC_MODE_VISIT, sizeof buffer, 65536, targets, PROCESSES, &request) == PROCESSES);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    CHECK(memcmp(&before, &after, sizeof before) == 0);
    CHECK(!signal_inside);
    CHECK(descriptors() == open_before);
    CHECK(own_namespace() == home);
    for (int i = 0; i < PROCESSES; i++) {
        CHECK(targets[i].outcome == NSC_OUTCOME_READ);
        CHECK(targets[i].entered == 0);
        CHECK(targets[i].namespace_identity != home);
        CHECK(targets[i].sections[NSC_SECTION_DEV].length > 0);
        CHECK(targets[i].sections[NSC_SECTION_SNMP].length > 0);
        CHECK(targets[i].sections[NSC_SECTION_NETSTAT].length == 0);
        CHECK(memcmp(buffer + targets[i].sections[NSC_SECTION_SNMP].offset, "Ip: ", 4) == 0);
    }

    CHECK(targets[0].namespace_identity != targets[1].namespace_identity);
}

static void stops_before_the_target_that_does_not_fit(void)
{
    nsc_request request;
    nsc_target targets[PROCESSES];
    uint64_t home = own_namespace();
    CHECK(visit(NSC_MODE_VISIT, sizeof buffer, 65536, targets, 1, &request) == 1);
    uint64_t one = (uint64_t)targets[0].sections[NSC_SECTION_DEV].length + (uint64_t)targets[0].sections[NSC_SECTION_SNMP].length;

    CHECK(visit(NSC_MODE_VISIT, one + one / 2, 65536, targets, PROCESSES, &request) == 1);
    CHECK(visit(NSC_MODE_VISIT, 2 * one + one / 2, 65536, targets, PROCESSES, &request) == 2);
    CHECK(visit(NSC_MODE_VISIT, one - 1, 65536, targets, PROCESSES, &request) == -ENOBUFS);
    CHECK(request.needed == one);
    CHECK(visit(NSC_MODE_VISIT, request.needed, 65536, targets, PROCESSES, &request) >= 1);
    CHECK(own_namespace() == home);
}

static void counts_the_lines_past_the_limit(void)
{
    nsc_request request;
    nsc_target targets[1];
    CHECK(visit(NSC_MODE_VISIT, sizeof buffer, 250, targets, 1, &request) == 1);
    CHECK(targets[0].sections[NSC_SECTION_DEV].length == 250);
    CHECK(targets[0].sections[NSC_SECTION_DEV].cut_lines == 1);
}

static void leaves_the_host_out_and_survives_a_refusal(void)
{
    nsc_request request;
    nsc_target targets[2];
    static nsc_visitor visitor = {.thread_net = -1};
    CHECK(visit(NSC_MODE_VISIT, sizeof buffer, 65536, targets, 2, &request) == 2);
    request.leave_out[0] = targets[0].namespace_identity;
    CHECK(nsc_visit(&visitor, &request, targets, 2) == 2);
    CHECK(targets[0].outcome == NSC_OUTCOME_HOST && targets[0].sections[NSC_SECTION_DEV].length == 0);
    CHECK(targets[1].outcome == NSC_OUTCOME_READ);
    nsc_visitor_close(&visitor);

    /* Refused at the door of the first: nothing is lost, as /proc/PID/net is open to all, and it is said. */
    calls_before_refusal = 0;
    CHECK(visit(NSC_MODE_VISIT, sizeof buffer, 65536, targets, 1, &request) == 1);
    calls_before_refusal = -1;
    CHECK(targets[0].entered == -EPERM);
    CHECK(targets[0].outcome == NSC_OUTCOME_READ);
    CHECK(targets[0].sections[NSC_SECTION_DEV].length > 0);
}

static void ends_the_process_where_it_cannot_come_home(void)
{
    int said[2];
    char text[256] = "";
    int status;
    CHECK(pipe(said) == 0);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        nsc_request request;
        nsc_target targets[1];
        dup2(said[1], STDERR_FILENO);
        calls_before_refusal = 1;
        visit(NSC_MODE_VISIT, sizeof buffer, 65536, targets, 1, &request);
        _exit(0);
    }

    close(said[1]);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    CHECK(read(said[0], text, sizeof text - 1) > 0);
    CHECK(strstr(text, "cannot return") != NULL);
    close(said[0]);
}

static void a_dead_process_and_a_closed_directory_are_gone(void)
{
    nsc_request request;
    nsc_target targets[PROCESSES];
    kill(pids[0], SIGKILL);
    siginfo_t ended;
    CHECK(waitid(P_PID, (id_t)pids[0], &ended, WEXITED | WNOWAIT) == 0);
    for (int mode = NSC_MODE_VISIT; mode <= NSC_MODE_PROC; mode++) {
        CHECK(visit(mode, sizeof buffer, 65536, targets, PROCESSES, &request) == PROCESSES);
        CHECK(targets[0].outcome == NSC_OUTCOME_GONE);
        CHECK(targets[1].outcome == NSC_OUTCOME_READ);
    }

    CHECK(waitpid(pids[0], NULL, 0) == pids[0]);
    pids[0] = 0;
    int held = directories[0];
    for (int mode = NSC_MODE_VISIT; mode <= NSC_MODE_PROC; mode++) {
        directories[0] = held;
        CHECK(visit(mode, sizeof buffer, 65536, targets, PROCESSES, &request) == PROCESSES);
        CHECK(targets[0].outcome == NSC_OUTCOME_GONE);
        directories[0] = AT_FDCWD;
        CHECK(visit(mode, sizeof buffer, 65536, targets, PROCESSES, &request) == PROCESSES);
        CHECK(targets[0].outcome == NSC_OUTCOME_GONE);
        CHECK(targets[1].outcome == NSC_OUTCOME_READ);
    }

    directories[0] = held;
}

int main(void)
{
    start_processes();
    comes_home_and_leaves_nothing_open();
    stops_before_the_target_that_does_not_fit();
    counts_the_lines_past_the_limit();
    leaves_the_host_out_and_survives_a_refusal();
    ends_the_process_where_it_cannot_come_home();
    a_dead_process_and_a_closed_directory_are_gone();
    for (int i = 0; i < PROCESSES; i++) {
        if (pids[i] > 0) kill(pids[i], SIGKILL);
    }

    printf("%d checks passed\n", checks);
    return 0;
}
