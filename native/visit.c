/*
 * Reads files of many network namespaces in one call.
 *
 * setns(2) moves the calling thread only, but a thread that it creates starts in the same namespace, and a managed runtime
 * creates threads at any time. So everything between the first setns and the return is in this file: no callback, no
 * allocation, no signal handler. A process that cannot return is aborted (nsc_netns_return).
 *
 * Invariants
 * - On return the calling thread is in the namespace that it came from.
 * - On return no descriptor of a namespace is open: neither of a target nor of the thread's own, which each call opens.
 * - A target's namespace is entered through a descriptor of its process's /proc directory. After that process has exited,
 *   every look-up through it fails, even if the pid is in use again.
 * - The thread goes directly from one target to the next. The namespace that it is in cannot be destroyed meanwhile, which
 *   lasts microseconds.
 */
#include "netns.h"
#include "nscollector.h"
#include "sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Bytes read past the limit of a file to count its lines; bounds the time that one namespace can take from the others. */
#define DRAIN_LIMIT (4u << 20)

#define THREAD_NET "/proc/thread-self/net"

/* The buffer of one call. */
typedef struct output {
    uint8_t *buffer;
    uint64_t capacity;
    uint64_t used;
    uint64_t start;  /* `used` before the current target */
    uint64_t needed; /* what the current target takes if the buffer is large enough */
    nsc_flow_space space; /* for connections; without one if there is no room for any */
} output;

/* The calling thread during one call. */
typedef struct journey {
    nsc_visitor *visitor;
    uint64_t own_inode;     /* of the namespace that the thread came from */
    uint64_t own_dev_inode; /* of that namespace's net/dev */
    int has_left;           /* the thread is not in its own namespace any more */
} journey;

static uint32_t count_lines(const uint8_t *text, size_t length)
{
    uint32_t lines = 0;
    for (size_t i = 0; i < length; i++) lines += text[i] == '\n';
    return lines;
}

static ssize_t read_retrying(int fd, void *buffer, size_t length)
{
    ssize_t got;
    do got = read(fd, buffer, length);
    while (got < 0 && errno == EINTR);
    return got;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/*
 * Appends the text of one open file to the output, at most file->limit bytes. Near the end of the buffer it reads into a
 * buffer of its own: a file below /proc/sys has no more to read after its first read (do_proc_dointvec, kernel/sysctl.c,
 * returns 0 at any offset but 0), so a short read would cut its number.
 */
static void read_text(int fd, const nsc_visit_file *file, nsc_visit_text *text, output *out)
{
    uint8_t scratch[4096];
    uint64_t limit = file->limit;
    uint64_t stored = 0;
    uint64_t total = 0;
    uint32_t cut_lines = 0;

    for (;;) {
        uint64_t free_bytes = out->capacity - out->used - stored;
        uint64_t wanted = limit - stored;
        uint8_t *end = out->buffer + out->used + stored;
        int is_direct = wanted > 0 && free_bytes >= min_u64(wanted, sizeof scratch);
        ssize_t got = is_direct ? read_retrying(fd, end, (size_t)min_u64(wanted, free_bytes)) : read_retrying(fd, scratch, sizeof scratch);
        if (got < 0) {
            text->length = -errno;
            return;
        }

        if (got == 0) break;
        total += (uint64_t)got;
        if (is_direct) {
            stored += (uint64_t)got;
        } else if (wanted == 0) {
            if (!(file->flags & NSC_VISIT_TRUNCATE)) {
                text->length = -EFBIG;
                return;
            }

            cut_lines += count_lines(scratch, (size_t)got);
            if (total - limit >= DRAIN_LIMIT) break;
        } else {
            /* If it does not fit, the rest is only counted: the target will be read again into a larger buffer. */
            uint64_t copied = min_u64((uint64_t)got, free_bytes);
            memcpy(end, scratch, (size_t)copied);
            stored += copied;
            if (total >= limit) break;
        }
    }

    text->offset = (uint32_t)out->used;
    text->length = (int32_t)stored;
    text->cut_lines = cut_lines;
    out->used += stored;
    out->needed += min_u64(total, limit);
}

static const nsc_visit_file *files_of(const nsc_request *request)
{
    return (const nsc_visit_file *)(uintptr_t)request->files;
}

static const char *path_of(const nsc_visit_file *file)
{
    return (const char *)(uintptr_t)file->path;
}

static int is_absolute(const nsc_visit_file *file)
{
    return path_of(file)[0] == '/';
}

/*
 * Reads the files of one target. `net` is a descriptor of the directory that relative paths are below, without their
 * leading `prefix` bytes. Returns 0, or the -errno of the first required file that could not be read.
 */
static int read_files(const nsc_request *request, const nsc_target *target, int net, size_t prefix, int with_absolute,
                      nsc_visit_text *texts, output *out)
{
    int error = 0;
    for (int32_t i = 0; i < request->file_count; i++) {
        const nsc_visit_file *file = &files_of(request)[i];
        if ((is_absolute(file) && !with_absolute) || target->skipped >> i & 1) continue;

        const char *path = is_absolute(file) ? path_of(file) : path_of(file) + prefix;
        int fd = openat(net, path, O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            texts[i].length = -errno;
        } else {
            read_text(fd, file, &texts[i], out);
            close(fd);
        }

        if (file->flags & NSC_VISIT_REQUIRED && texts[i].length < 0 && error == 0) error = texts[i].length;
    }

    return error;
}

static uint64_t inode_at(int directory, const char *path)
{
    struct stat status;
    return fstatat(directory, path, &status, 0) == 0 ? status.st_ino : 0;
}

/*
 * A held descriptor saves the look-up of /proc/thread-self/net in each namespace. The kernel looks up its entries again in
 * the thread's present namespace (proc_net_d_revalidate, fs/proc/proc_net.c, Linux 5.0). A kernel that does not would
 * return the counters of another namespace, so this is tested in the first foreign one.
 */
static int held_directory_follows(const journey *thread)
{
    uint64_t held = inode_at(thread->visitor->thread_net, "dev");
    return held != 0 && held != thread->own_dev_inode && held == inode_at(AT_FDCWD, THREAD_NET "/dev");
}

static int is_excluded(const nsc_request *request, uint64_t identity)
{
    return identity != 0 && (identity == request->excluded[0] || identity == request->excluded[1]);
}

/* /proc/sys/net follows the reading thread, so files with an absolute path are not read without entering the namespace. */
static void read_from_outside(const nsc_request *request, nsc_target *target, nsc_visit_text *texts, output *out)
{
    if (target->namespace_identity == 0) target->namespace_identity = nsc_namespace_identity(target->directory, NSC_MODE_PROC);
    if (is_excluded(request, target->namespace_identity)) {
        target->outcome = NSC_OUTCOME_HOST;
        return;
    }

    int error = read_files(request, target, target->directory, 0, 0, texts, out);
    if (error == 0) target->outcome = NSC_OUTCOME_READ;
    else target->outcome = nsc_process_exited(target->directory) ? NSC_OUTCOME_GONE : error;
}

/* close(2) releases the descriptor whatever it returns, except for EBADF, which would be a defect. */
static void close_namespace(nsc_visitor *visitor, int fd)
{
    if (close(fd) == 0 || errno != EBADF) visitor->open--;
}

static void read_inside(const nsc_request *request, const nsc_visitor *visitor, nsc_target *target, nsc_visit_text *texts,
                        nsc_sockets *sockets, output *out)
{
    int net = visitor->follows > 0 ? visitor->thread_net : open(THREAD_NET, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int error = net < 0 ? -errno : read_files(request, target, net, sizeof NSC_VISIT_PREFIX - 1, 1, texts, out);
    if (net >= 0 && net != visitor->thread_net) close(net);
    target->outcome = error == 0 ? NSC_OUTCOME_READ : error;

    /* Not if the texts do not fit: the target will be read again. */
    if (sockets && error == 0 && out->needed == out->used - out->start) nsc_sockets_read(sockets, request->socket_limit, out->space.flows ? &out->space : NULL);
}

/* Enters the namespace of one target and reads it. */
static void visit_target(journey *thread, const nsc_request *request, nsc_target *target, nsc_visit_text *texts,
                         nsc_sockets *sockets, output *out)
{
    struct stat status;
    nsc_visitor *visitor = thread->visitor;
    int fd = openat(target->directory, "ns/net", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        int error = errno;

        /* A process that exits between look-up and open gives EACCES (proc_ns_get_link, fs/proc/namespaces.c). */
        if (error == ENOENT || error == ESRCH || nsc_process_exited(target->directory)) {
            target->outcome = NSC_OUTCOME_GONE;
            return;
        }

        target->entered = -error;
        target->outcome = -error;
        if (error == EACCES || error == EPERM) read_from_outside(request, target, texts, out);
        return;
    }

    visitor->open++;
    if (fstat(fd, &status) != 0) {
        target->outcome = -errno;
        close_namespace(visitor, fd);
        return;
    }

    target->namespace_identity = status.st_ino;
    if (is_excluded(request, status.st_ino)) {
        target->outcome = NSC_OUTCOME_HOST;
        close_namespace(visitor, fd);
        return;
    }

    int error = setns(fd, CLONE_NEWNET) == 0 ? 0 : -errno;
    close_namespace(visitor, fd);
    if (error < 0) {
        target->entered = error;
        read_from_outside(request, target, texts, out);
        return;
    }

    thread->has_left = 1;
    if (visitor->follows == 0 && status.st_ino != thread->own_inode) visitor->follows = held_directory_follows(thread) ? 1 : -1;
    read_inside(request, visitor, target, texts, sockets, out);
}

static int is_valid(const nsc_request *request)
{
    if (request->mode != NSC_MODE_VISIT && request->mode != NSC_MODE_PROC) return 0;
    if (request->capacity > UINT32_MAX || request->file_count < 0 || request->file_count > NSC_VISIT_FILES) return 0;
    for (int32_t i = 0; i < request->file_count; i++) {
        const nsc_visit_file *file = &files_of(request)[i];
        if (file->limit > INT32_MAX || !path_of(file)) return 0;
        if (!is_absolute(file) && strncmp(path_of(file), NSC_VISIT_PREFIX, sizeof NSC_VISIT_PREFIX - 1) != 0) return 0;
    }

    return 1;
}

/* A descriptor of /proc/thread-self/net means the thread that opened it, so another thread opens its own. */
static void prepare_visitor(nsc_visitor *visitor)
{
    int32_t thread = (int32_t)syscall(SYS_gettid);
    if (visitor->thread_net >= 0 && visitor->thread == thread) return;
    nsc_visitor_close(visitor);
    visitor->thread_net = open(THREAD_NET, O_PATH | O_DIRECTORY | O_CLOEXEC);
    visitor->thread = thread;
    visitor->follows = visitor->thread_net < 0 ? -1 : 0;
}

/*
 * Reads the request's files of every target. If the buffer is full it stops before the target that does not fit; the caller
 * reads the results and calls again for the rest.
 *
 * Returns how many targets are finished; -ENOBUFS with request->needed if the first one alone is larger than the buffer;
 * -EINVAL for a request that is not valid; another -errno if nothing could be done at all.
 */
int32_t nsc_visit(nsc_visitor *visitor, nsc_request *request, nsc_target *targets, int32_t count)
{
    sigset_t all;
    sigset_t before;
    uint64_t largest = 0;
    int32_t finished = 0;
    int own = -1;
    journey thread = {.visitor = visitor};
    output out = {(uint8_t *)(uintptr_t)request->buffer, request->capacity, 0, 0, 0,
                  {(nsc_flow *)(uintptr_t)request->flows, request->flow_capacity, 0}};

    request->needed = 0;
    if (!is_valid(request)) return -EINVAL;

    sigfillset(&all);
    int error = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (error != 0) return -error;

    if (request->mode == NSC_MODE_VISIT) {
        own = nsc_netns_open_own(&thread.own_inode);
        if (own < 0) {
            finished = own;
            goto out;
        }

        prepare_visitor(visitor);
        if (visitor->follows == 0) thread.own_dev_inode = inode_at(AT_FDCWD, THREAD_NET "/dev");
    }

    for (; finished < count; finished++) {
        nsc_target *target = &targets[finished];
        nsc_visit_text *texts = (nsc_visit_text *)(uintptr_t)request->texts + (size_t)finished * (size_t)request->file_count;

        /* Namespaces of one host are alike: stopping here is cheaper than reading one that must be read again. */
        if (finished > 0 && out.capacity - out.used < largest) break;

        nsc_sockets *sockets = request->sockets ? (nsc_sockets *)(uintptr_t)request->sockets + finished : NULL;
        out.start = out.used;
        *target = (nsc_target){.directory = target->directory, .skipped = target->skipped};
        memset(texts, 0, (size_t)request->file_count * sizeof *texts);
        out.needed = 0;

        /* A negative descriptor is a closed directory; AT_FDCWD is negative and would mean the working directory. */
        if (target->directory < 0) target->outcome = NSC_OUTCOME_GONE;
        else if (request->mode == NSC_MODE_VISIT) visit_target(&thread, request, target, texts, sockets, &out);
        else read_from_outside(request, target, texts, &out);

        if (out.needed > out.used - out.start) {
            request->needed = out.needed;
            if (finished == 0) finished = -ENOBUFS;
            break;
        }

        if (out.needed > largest) largest = out.needed;
    }

    if (thread.has_left) nsc_netns_return(own);

out:
    if (own >= 0) close(own);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return finished;
}

/* Closes what the visitor holds. */
void nsc_visitor_close(nsc_visitor *visitor)
{
    if (visitor->thread_net >= 0) close(visitor->thread_net);
    visitor->thread_net = -1;
    visitor->thread = 0;
    visitor->follows = 0;
}
