/*
 * The visit to the network namespaces.
 *
 * A thread made by a thread that stands in a foreign namespace is born there, and a managed runtime makes threads
 * whenever it likes. So everything from the first setns(2) to the way home is in here: no callback, no allocation, no
 * signal handler, and a process that cannot come home is ended, because a thread left behind would go on to send the
 * agent's own traffic from inside a container.
 *
 * Invariants
 * - On return the calling thread is in the namespace that it came from.
 * - On return no descriptor of a namespace is open: not a target's and not the home's, which is opened for each call.
 * - A target's namespace is entered through a descriptor of its process's own /proc directory. Once that process has
 *   ended every look-up through it fails, also when the pid is in use again.
 * - The way goes directly from one target to the next; while the thread stands in a namespace its death is put off, for
 *   the few microseconds until the next one.
 */
#include "home.h"
#include "nscollector.h"

#include "abroad.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Past its limit net/dev is read on only to count what is left out; this much, so that no namespace holds up the rest. */
#define NSC_DRAIN_LIMIT (4u << 20)

static const char *const by_thread_directory[NSC_SECTIONS] = {
    "dev", "snmp", "netstat", "sockstat",
    "/proc/sys/net/netfilter/nf_conntrack_count", "/proc/sys/net/netfilter/nf_conntrack_max",
};

static const char *const by_thread_path[NSC_SECTIONS] = {
    "/proc/thread-self/net/dev", "/proc/thread-self/net/snmp", "/proc/thread-self/net/netstat",
    "/proc/thread-self/net/sockstat",
    "/proc/sys/net/netfilter/nf_conntrack_count", "/proc/sys/net/netfilter/nf_conntrack_max",
};

/* /proc/sys/net follows the reading thread, so of another process's namespace there is no conntrack without a visit. */
static const char *const by_process_directory[NSC_SECTIONS] = {
    "net/dev", "net/snmp", "net/netstat", "net/sockstat", NULL, NULL,
};

/* The part of the buffer that is in use, and what the target at hand would take if there were room. */
typedef struct room {
    uint8_t *buffer;
    uint64_t capacity;
    uint64_t used;
    uint64_t needed;
} room;

static uint32_t count_lines(const uint8_t *text, size_t length)
{
    uint32_t lines = 0;
    for (size_t i = 0; i < length; i++) lines += text[i] == '\n';
    return lines;
}

static ssize_t read_again(int fd, void *buffer, size_t length)
{
    ssize_t got;
    do got = read(fd, buffer, length);
    while (got < 0 && errno == EINTR);
    return got;
}

/*
 * Whether the process has ended: reaped, a zombie, or on its way there (PF_EXITING), when its namespaces are let go
 * before it becomes a zombie.
 */
int nsc_process_gone(int directory)
{
    char stat[512];
    int fd = openat(directory, "stat", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT || errno == ESRCH;
    ssize_t got = read_again(fd, stat, sizeof stat - 1);
    int error = errno;
    close(fd);
    if (got < 0) return error == ESRCH;
    stat[got] = '\0';

    /* The command's name stands in parentheses and may hold any byte, so the last one closes it. */
    const char *end = strrchr(stat, ')');
    if (!end || end[1] != ' ') return 0;
    if (end[2] == 'Z' || end[2] == 'X' || end[2] == 'x') return 1;

    /* ") state ppid pgrp session tty_nr tpgid flags" */
    const char *flags = end + 1;
    for (int blanks = 0; *flags && blanks < 7; flags++) blanks += *flags == ' ';
    return (strtoul(flags, NULL, 10) & 0x4 /* PF_EXITING */) != 0;
}

/* Reads one open file to its end into the room; keeps at most `limit` bytes. */
static void read_text(int fd, room *at, nsc_section *section, int is_dev, uint32_t limit)
{
    uint8_t past[4096];
    uint64_t stored = 0;
    uint64_t total = 0;
    uint32_t cut = 0;

    for (;;) {
        uint64_t free_bytes = at->used + stored < at->capacity ? at->capacity - at->used - stored : 0;
        uint64_t space = limit > stored ? limit - stored : 0;
        if (space > free_bytes) space = free_bytes;

        ssize_t got = space > 0 ? read_again(fd, at->buffer + at->used + stored, (size_t)space)
                                : read_again(fd, past, sizeof past);
        if (got < 0) {
            section->length = -errno;
            return;
        }

        if (got == 0) break;
        total += (uint64_t)got;
        if (space > 0) {
            stored += (uint64_t)got;
        } else if (stored >= limit) {
            if (!is_dev) {
                section->length = -EFBIG;
                return;
            }

            cut += count_lines(past, (size_t)got);
            if (total - limit >= NSC_DRAIN_LIMIT) break;
        } else if (total >= limit) {
            break;
        }
    }

    section->offset = (uint32_t)at->used;
    section->length = (int32_t)stored;
    section->cut_lines = cut;
    at->used += stored;
    at->needed += total < limit ? total : limit;
}

static void read_sections(const nsc_request *request, int directory, const char *const *paths, nsc_target *target,
                          room *at)
{
    for (int i = 0; i < NSC_SECTIONS; i++) {
        nsc_section *section = &target->sections[i];
        if (!(request->sections & (1u << i)) || !paths[i]) continue;

        int fd = openat(directory, paths[i], O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            section->length = -errno;
            continue;
        }

        read_text(fd, at, section, i == NSC_SECTION_DEV, i == NSC_SECTION_DEV ? request->dev_limit : request->text_limit);
        close(fd);
    }
}

static uint64_t inode_of(int directory, const char *path)
{
    struct stat status;
    return fstatat(directory, path, &status, 0) == 0 ? status.st_ino : 0;
}

/*
 * The held directory saves walking /proc/thread-self/net anew. Entries below a process's net directory are looked up
 * again under the thread's present namespace (proc_net_d_revalidate, fs/proc/proc_net.c), but a kernel that did not
 * would give the counters of another namespace, so it is tried in the first foreign one.
 */
static int held_directory_follows(const nsc_visitor *visitor, uint64_t home_dev_inode)
{
    uint64_t held = inode_of(visitor->thread_net, "dev");
    return held != 0 && held != home_dev_inode && held == inode_of(AT_FDCWD, "/proc/thread-self/net/dev");
}

static int left_out(const nsc_request *request, uint64_t identity)
{
    return identity != 0 && (identity == request->leave_out[0] || identity == request->leave_out[1]);
}

static uint64_t identity_by_dev(int directory)
{
    uint64_t inode = inode_of(directory, "net/dev");
    return inode == 0 ? 0 : inode | NSC_IDENTITY_BY_DEV;
}

/* By the link's text, net:[INODE], which takes no reference to the namespace. 0 with errno where unreadable. */
static uint64_t namespace_inode(int directory)
{
    char link[64];
    ssize_t length = readlinkat(directory, "ns/net", link, sizeof link - 1);
    if (length < 0) return 0;
    link[length] = '\0';
    errno = EINVAL;
    return strncmp(link, "net:[", 5) == 0 ? strtoull(link + 5, NULL, 10) : 0;
}

/*
 * What tells one living namespace from another, by a descriptor of a process's /proc directory; 0 where the process has
 * ended or nothing can be read.
 *
 * In NSC_MODE_VISIT the inode of ns/net. That one is only for those who may trace the process (CAP_SYS_PTRACE), so
 * where it is refused, and always in NSC_MODE_PROC, it is the inode of net/dev with NSC_IDENTITY_BY_DEV set: procfs
 * draws one for each namespace (proc_alloc_inum, fs/proc/generic.c) and shows it to everybody.
 */
uint64_t nsc_namespace_identity(int32_t directory, int32_t mode)
{
    if (mode == NSC_MODE_VISIT) {
        uint64_t inode = namespace_inode(directory);
        if (inode != 0 || (errno != EACCES && errno != EPERM)) return inode;
    }

    return identity_by_dev(directory);
}

static void read_by_process(const nsc_request *request, nsc_target *target, room *at)
{
    if (target->namespace_identity == 0) target->namespace_identity = identity_by_dev(target->directory);
    if (left_out(request, target->namespace_identity)) {
        target->outcome = NSC_OUTCOME_HOST;
        return;
    }

    read_sections(request, target->directory, by_process_directory, target, at);
    int32_t dev = target->sections[NSC_SECTION_DEV].length;
    if (dev >= 0) target->outcome = NSC_OUTCOME_READ;
    else target->outcome = nsc_process_gone(target->directory) ? NSC_OUTCOME_GONE : dev;
}

/* On Linux the descriptor is gone after close(2) whatever it returns, but for EBADF, which would be a defect. */
static void close_namespace(nsc_visitor *visitor, int fd)
{
    if (close(fd) == 0 || errno != EBADF) visitor->open--;
}

/* Enters one namespace and reads it. Sets *away once the thread is no longer at home. */
static void visit_one(nsc_visitor *visitor, const nsc_request *request, nsc_target *target, room *at,
                      uint64_t home_inode, uint64_t home_dev_inode, int *away)
{
    struct stat status;
    int fd = openat(target->directory, "ns/net", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        int error = errno;

        /* A process that ends between look-up and open gives EACCES (proc_ns_get_link, fs/proc/namespaces.c). */
        if (error == ENOENT || error == ESRCH || nsc_process_gone(target->directory)) {
            target->outcome = NSC_OUTCOME_GONE;
            return;
        }

        target->entered = -error;
        target->outcome = -error;
        if (error == EACCES || error == EPERM) read_by_process(request, target, at);
        return;
    }

    visitor->open++;
    if (fstat(fd, &status) != 0) {
        target->outcome = -errno;
        close_namespace(visitor, fd);
        return;
    }

    target->namespace_identity = status.st_ino;
    if (left_out(request, status.st_ino)) {
        target->outcome = NSC_OUTCOME_HOST;
        close_namespace(visitor, fd);
        return;
    }

    int entered = setns(fd, CLONE_NEWNET) == 0 ? 0 : -errno;
    close_namespace(visitor, fd);
    if (entered < 0) {
        target->entered = entered;
        read_by_process(request, target, at);
        return;
    }

    *away = 1;
    if (visitor->follows == 0 && status.st_ino != home_inode) {
        visitor->follows = held_directory_follows(visitor, home_dev_inode) ? 1 : -1;
    }

    int held = visitor->follows > 0;
    read_sections(request, held ? visitor->thread_net : AT_FDCWD, held ? by_thread_directory : by_thread_path, target,
                  at);
    int32_t dev = target->sections[NSC_SECTION_DEV].length;
    target->outcome = dev >= 0 ? NSC_OUTCOME_READ : dev;
}

/*
 * Reads every target. Where the buffer has no more room it stops before the target that does not fit; the caller takes
 * what is there and calls again for the rest.
 *
 * Returns how many targets are finished; -ENOBUFS with request->needed where the first one alone is larger than the
 * buffer; another -errno where nothing could be done at all.
 */
int32_t nsc_visit(nsc_visitor *visitor, nsc_request *request, nsc_target *targets, int32_t count)
{
    sigset_t all;
    sigset_t before;
    uint64_t home_inode = 0;
    uint64_t home_dev_inode = 0;
    uint64_t largest = 0;
    int32_t finished = 0;
    int home = -1;
    int away = 0;
    int visiting = request->mode == NSC_MODE_VISIT;
    room at = {(uint8_t *)(uintptr_t)request->buffer, request->capacity, 0, 0};

    request->needed = 0;
    if (!visiting && request->mode != NSC_MODE_PROC) return -EINVAL;
    if (request->capacity > UINT32_MAX || request->dev_limit > INT32_MAX || request->text_limit > INT32_MAX) return -EINVAL;

    sigfillset(&all);
    int error = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (error != 0) return -error;

    if (visiting) {
        home = nsc_home_open(&home_inode);
        if (home < 0) {
            finished = home;
            goto out;
        }

        int32_t thread = (int32_t)syscall(SYS_gettid);
        if (visitor->thread_net < 0 || visitor->thread != thread) {
            nsc_visitor_close(visitor);
            visitor->thread_net = open("/proc/thread-self/net", O_PATH | O_DIRECTORY | O_CLOEXEC);
            visitor->thread = thread;
            visitor->follows = visitor->thread_net < 0 ? -1 : 0;
        }

        if (visitor->follows == 0) home_dev_inode = inode_of(AT_FDCWD, "/proc/thread-self/net/dev");
    }

    for (; finished < count; finished++) {
        nsc_target *target = &targets[finished];

        /* Namespaces of one host resemble each other: rather stop here than read one that must be read again. */
        if (finished > 0 && at.capacity - at.used < largest) break;

        uint64_t start = at.used;
        int32_t directory = target->directory;
        memset(target, 0, sizeof *target);
        target->directory = directory;
        at.needed = 0;

        /* A closed directory; AT_FDCWD, which is negative too, must not come to mean the working directory. */
        if (directory < 0) target->outcome = NSC_OUTCOME_GONE;
        else if (visiting) visit_one(visitor, request, target, &at, home_inode, home_dev_inode, &away);
        else read_by_process(request, target, &at);

        if (at.needed > at.used - start) {
            request->needed = at.needed;
            if (finished == 0) finished = -ENOBUFS;
            break;
        }

        if (at.needed > largest) largest = at.needed;
    }

    if (away) nsc_home_return(home);

out:
    if (home >= 0) close(home);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return finished;
}

void nsc_visitor_close(nsc_visitor *visitor)
{
    if (visitor->thread_net >= 0) close(visitor->thread_net);
    visitor->thread_net = -1;
    visitor->thread = 0;
    visitor->follows = 0;
}
