/*
 * nsc_visit against the real kernel: the return, a buffer that is too small, limits, signals, the table of files. What the
 * numbers mean is tested from the managed side.
 */
#include "check.h"
#include "../nscollector.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROCESSES = 3 };

int __real_setns(int fd, int kind);
int __wrap_setns(int fd, int kind);

/* The files of one request, and where their texts are among those of a target. */
enum { DEV, SNMP, ABSENT, SYSCTL, FILES };

static int setns_before_refusal = -1;
static int signal_unblocked;
static pid_t pids[PROCESSES];
static int directories[PROCESSES];
static uint8_t buffer[1 << 20];
static nsc_visit_text texts[PROCESSES][FILES];
static nsc_visit_file files[FILES] = {
    [DEV] = {.flags = NSC_VISIT_REQUIRED | NSC_VISIT_TRUNCATE},
    [SNMP] = {.limit = 65536},
    [ABSENT] = {.limit = 65536},
    [SYSCTL] = {.limit = 65536},
};
static const char *const paths[FILES] = {"net/dev", "net/snmp", "net/absent", "/proc/sys/net/ipv4/ip_forward"};

int __wrap_setns(int fd, int kind)
{
    sigset_t now;
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    if (!sigismember(&now, SIGTERM) || !sigismember(&now, SIGCHLD)) signal_unblocked = 1;
    if (setns_before_refusal == 0) {
        errno = EPERM;
        return -1;
    }

    if (setns_before_refusal > 0) setns_before_refusal--;
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
            /* A failed check ends the parent without a cleanup. */
            prctl(PR_SET_PDEATHSIG, SIGKILL);
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
    memset(texts, 0xff, sizeof texts);
    for (int i = 0; i < FILES; i++) files[i].path = (uint64_t)(uintptr_t)paths[i];
    files[DEV].limit = dev_limit;
    request->file_count = FILES;
    request->files = (uint64_t)(uintptr_t)files;
    request->texts = (uint64_t)(uintptr_t)texts;
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

static void visit_returns_and_closes_every_descriptor(void)
{
    nsc_request request;
    nsc_target targets[PROCESSES];
    sigset_t before;
    sigset_t after;
    uint64_t own = own_namespace();

    /* The kernel's mask is shorter than sigset_t; the rest is compared too. */
    memset(&before, 0, sizeof before);
    memset(&after, 0, sizeof after);
    CHECK(visit(NSC_MODE_VISIT, sizeof buffer, 65536, targets, PROCESSES, &request) == PROCESSES);
    int open_before = descriptors();
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    CHECK(visit(NSC_MODE_VISIT, sizeof buffer, 65536, targets, PROCESSES, &request) == PROCESSES);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    CHECK(memcmp(&before, &after, sizeof before) == 0);
    CHECK(!signal_unblocked);
    CHECK(descriptors() == open_before);
    CHECK(own_namespace() == own);
    for (int i = 0; i < PROCESSES; i++) {
        CHECK(targets[i].outcome == NSC_OUTCOME_READ);
        CHECK(targets[i].entered == 0);
        CHECK(targets[i].namespace_identity != own);
        CHECK(texts[i][DEV].length > 0);
        CHECK(texts[i][SNMP].length > 0);
        CHECK(texts[i][ABSENT].length == -ENOENT);
        CHECK(texts[i][SYSCTL].length == 2);
        CHECK(memcmp(buffer + texts[i][SNMP].offset, "Ip: ", 4) == 0);
    }

    CHECK(targets[0].namespace_identity != targets[1].namespace_identity);
}

static void visit_full_buffer_stops_before_the_next_target(void)
{
    nsc_request request;
    nsc_target targets[PROCESSES];
    uint64_t own = own_namespace();
    CHECK(visit(NSC_MODE_VISIT, sizeof buffer, 65536, targets, 1, &request) == 1);
    uint64_t one = (uint64_t)texts[0][DEV].length + (uint64_t)texts[0][SNMP].length + (uint64_t)texts[0][SYSCTL].length;

    CHECK(visit(NSC_MODE_VISIT, one + one / 2, 65536, targets, PROCESSES, &request) == 1);
    CHECK(visit(NSC_MODE_VISIT, 2 * one + one / 2, 65536, targets, PROCESSES, &request) == 2);
    CHECK(visit(NSC_MODE_VISIT, one - 1, 65536, targets, PROCESSES, &request) == -ENOBUFS);
    CHECK(request.needed == one);
    CHECK(visit(NSC_MODE_VISIT, request.needed, 65536, targets, PROCESSES, &request) >= 1);
    CHECK(own_namespace() == own);
}

static void visit_text_over_limit_is_cut_or_refused(void)
{
    nsc_request request;
    nsc_target targets[1];
    CHECK(visit(NSC_MODE_VISIT, sizeof buffer, 250, targets, 1, &request) == 1);
    CHECK(texts[0][DEV].length == 250);
    CHECK(texts[0][DEV].cut_lines == 1);
    files[SNMP].limit = 20;
    CHECK(visit(NSC_MODE_VISIT, sizeof buffer, 65536, targets, 1, &request) == 1);
    CHECK(targets[0].outcome == NSC_OUTCOME_READ);
    CHECK(texts[0][SNMP].length == -EFBIG && texts[0][DEV].length > 0);
    files[SNMP].limit = 65536;
}

static void visit_skipped_file_of_a_target_is_not_read(void)
{
    static nsc_visitor visitor = {.thread_net = -1};
    nsc_request request;
    nsc_target targets[PROCESSES];
    CHECK(visit(NSC_MODE_VISIT, sizeof buffer, 65536, targets, PROCESSES, &request) == PROCESSES);
    targets[1].skipped = 1u << SNMP | 1u << SYSCTL;
    CHECK(nsc_visit(&visitor, &request, targets, PROCESSES) == PROCESSES);
    for (int i = 0; i < PROCESSES; i++) {
        CHECK(targets[i].outcome == NSC_OUTCOME_READ && texts[i][DEV].length > 0);
        CHECK((texts[i][SNMP].length > 0) == (i != 1));
        CHECK(texts[i][SYSCTL].length == (i == 1 ? 0 : 2));
    }

    CHECK(targets[1].skipped == (1u << SNMP | 1u << SYSCTL));
    nsc_visitor_close(&visitor);
}

static void visit_failed_required_file_fails_the_target(void)
{
    nsc_request request;
    nsc_target targets[1];
    files[ABSENT].flags = NSC_VISIT_REQUIRED;
    for (int mode = NSC_MODE_VISIT; mode <= NSC_MODE_PROC; mode++) {
        CHECK(visit(mode, sizeof buffer, 65536, targets, 1, &request) == 1);
        CHECK(targets[0].outcome == -ENOENT);
        CHECK(texts[0][SNMP].length > 0);
        CHECK(mode == NSC_MODE_VISIT ? texts[0][SYSCTL].length == 2 : texts[0][SYSCTL].length == 0);
    }

    files[ABSENT].flags = 0;
}

static void visit_invalid_request_is_refused(void)
{
    static nsc_visitor visitor = {.thread_net = -1};
    nsc_request request;
    nsc_target targets[1];
    CHECK(visit(NSC_MODE_VISIT, sizeof buffer, 65536, targets, 1, &request) == 1);
    request.mode = NSC_MODE_PROC + 1;
    CHECK(nsc_visit(&visitor, &request, targets, 1) == -EINVAL);
    request.mode = NSC_MODE_VISIT;
    request.file_count = NSC_VISIT_FILES + 1;
    CHECK(nsc_visit(&visitor, &request, targets, 1) == -EINVAL);
    request.file_count = FILES;
    files[DEV].path = (uint64_t)(uintptr_t)"status";
    CHECK(nsc_visit(&visitor, &request, targets, 1) == -EINVAL);
    files[DEV].path = (uint64_t)(uintptr_t)paths[DEV];
    files[DEV].limit = UINT32_MAX;
    CHECK(nsc_visit(&visitor, &request, targets, 1) == -EINVAL);
}

static void visit_excluded_or_refused_namespace_is_reported(void)
{
    nsc_request request;
    nsc_target targets[2];
    static nsc_visitor visitor = {.thread_net = -1};
    CHECK(visit(NSC_MODE_VISIT, sizeof buffer, 65536, targets, 2, &request) == 2);
    request.excluded[0] = targets[0].namespace_identity;
    CHECK(nsc_visit(&visitor, &request, targets, 2) == 2);
    CHECK(targets[0].outcome == NSC_OUTCOME_HOST && texts[0][DEV].length == 0);
    CHECK(targets[1].outcome == NSC_OUTCOME_READ);
    nsc_visitor_close(&visitor);

    /* If entry is refused, /proc/PID/net is read instead, and the refusal is reported. */
    setns_before_refusal = 0;
    CHECK(visit(NSC_MODE_VISIT, sizeof buffer, 65536, targets, 1, &request) == 1);
    setns_before_refusal = -1;
    CHECK(targets[0].entered == -EPERM);
    CHECK(targets[0].outcome == NSC_OUTCOME_READ);
    CHECK(texts[0][DEV].length > 0);
}

static void visit_failed_return_aborts(void)
{
    int output[2];
    char text[256] = "";
    int status;
    CHECK(pipe(output) == 0);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        nsc_request request;
        nsc_target targets[1];
        dup2(output[1], STDERR_FILENO);
        setns_before_refusal = 1;
        visit(NSC_MODE_VISIT, sizeof buffer, 65536, targets, 1, &request);
        _exit(0);
    }

    close(output[1]);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    CHECK(read(output[0], text, sizeof text - 1) > 0);
    CHECK(strstr(text, "cannot return") != NULL);
    close(output[0]);
}

static void visit_exited_process_or_closed_directory_is_gone(void)
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
    visit_returns_and_closes_every_descriptor();
    visit_skipped_file_of_a_target_is_not_read();
    visit_full_buffer_stops_before_the_next_target();
    visit_text_over_limit_is_cut_or_refused();
    visit_failed_required_file_fails_the_target();
    visit_invalid_request_is_refused();
    visit_excluded_or_refused_namespace_is_reported();
    visit_failed_return_aborts();
    visit_exited_process_or_closed_directory_is_gone();
    for (int i = 0; i < PROCESSES; i++) {
        if (pids[i] > 0) kill(pids[i], SIGKILL);
    }

    printf("%d checks passed\n", checks);
    return 0;
}
