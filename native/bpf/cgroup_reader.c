/*
 * Loads cgroup_reader.bpf.c, which the build embeds as a light skeleton: bpf(2) is all that is needed at run time, and the kernel itself
 * adapts the program to its structures. Nothing is pinned: all is gone when the descriptors are closed.
 */
#include "cgroup_reader.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "../kernel_text.h"
#include "cgroup_reader.lskel.h"
#include "cgroup_reader_without_mutex.lskel.h"

/* The kernel's reason for a refusal is in its last lines. */
#define LOG_BYTES (1u << 20)

/* In each round, at least that many cgroups are read, so that a walk ends. */
#define MIN_READ_AT_ONCE 16

static size_t mapped_bytes(size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (bytes + page - 1) / page * page;
}

static int bpf(enum bpf_cmd command, union bpf_attr *attributes)
{
    long result = syscall(SYS_bpf, command, attributes, sizeof(*attributes));
    return result < 0 ? -errno : (int)result;
}

/* The last lines of the verifier's log, as one line. */
static void last_lines(const char *log, char *reason, size_t size)
{
    size_t length = strnlen(log, LOG_BYTES), used = strnlen(reason, size), start, at;
    int lines = 0;

    while (length > 0 && log[length - 1] == '\n')
        length--;
    for (start = length; start > 0 && length - start < 300; start--) {
        if (log[start - 1] == '\n' && ++lines == 3)
            break;
    }
    if (start == length || used + 3 >= size)
        return;
    reason[used++] = ':';
    reason[used++] = ' ';
    for (at = start; at < length && used + 1 < size; at++)
        reason[used++] = log[at] == '\n' ? ' ' : log[at] < ' ' || log[at] > '~' ? '?' : log[at];
    reason[used] = '\0';
}

/* Loads one of the two skeletons. Without a log, or with one that receives the verifier's words. */
#define DEFINE_LOAD(function, skeleton) \
    static int function(uint32_t capacity, uint32_t keys, struct skeleton **loaded, char *log) \
    { \
        struct skeleton *made = skeleton##__open(); \
        int error; \
        if (!made) \
            return -ENOMEM; \
        made->maps.records.max_entries = capacity; \
        made->maps.wanted.max_entries = keys; \
        SIZE_MORE(made, capacity) \
        if (log) { \
            made->ctx.log_level = 1; \
            made->ctx.log_size = LOG_BYTES; \
            made->ctx.log_buf = (uint64_t)(uintptr_t)log; \
        } \
        error = skeleton##__load(made); \
        if (error < 0) { \
            skeleton##__destroy(made); \
            return error; \
        } \
        *loaded = made; \
        return 0; \
    }

#define SIZE_MORE(made, capacity)
DEFINE_LOAD(load, nsc_cgroup_reader)
#undef SIZE_MORE
#define SIZE_MORE(made, capacity) made->maps.all_places.max_entries = made->maps.looks.max_entries = capacity;
DEFINE_LOAD(load_without_mutex, nsc_cgroup_reader_without_mutex)

static int keep(int descriptor)
{
    int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
    return copy < 0 ? -errno : copy;
}

/* The number of possible processors, if they are numbered from 0 without a gap ("0-7"); else 0. */
static uint64_t possible_cpus(void)
{
    char text[64];
    int length = nsc_text_read(AT_FDCWD, "/sys/devices/system/cpu/possible", text, sizeof(text));
    const char *at = text, *end = text + (length > 0 ? length : 0);
    int64_t first = nsc_text_number(&at, end), last = first;

    if (at < end && *at == '-') {
        at++;
        last = nsc_text_number(&at, end);
    }
    return first == 0 && last >= 0 && last < NSC_MAX_CPUS && at + 1 == end && *at == '\n' ? (uint64_t)last + 1 : 0;
}

/* The program that needs no mutex, if the kernel has what it calls. */
static int open_without_mutex(uint32_t capacity, uint32_t keys, nsc_bpf_reader *reader)
{
    struct nsc_cgroup_reader_without_mutex *skeleton = NULL;
    int error = load_without_mutex(capacity, keys, &skeleton, NULL);

    if (error < 0)
        return error;
    reader->program = keep(skeleton->progs.read_cgroup.prog_fd);
    reader->run_program = keep(skeleton->progs.read_cgroups.prog_fd);
    reader->look_program = keep(skeleton->progs.read_looks.prog_fd);
    reader->looks_map = keep(skeleton->maps.looks.map_fd);
    reader->control_map = keep(skeleton->maps.control.map_fd);
    reader->records_map = keep(skeleton->maps.records.map_fd);
    reader->wanted_map = keep(skeleton->maps.wanted.map_fd);
    nsc_cgroup_reader_without_mutex__destroy(skeleton);
    return 0;
}

static int open_with_mutex(uint32_t capacity, uint32_t keys, nsc_bpf_reader *reader, char *reason, size_t size)
{
    struct nsc_cgroup_reader *skeleton = NULL;
    int error = load(capacity, keys, &skeleton, NULL);

    if (error < 0) {
        char *log = error == -EPERM ? NULL : calloc(1, LOG_BYTES);

        snprintf(reason, size, "the kernel did not load the program (%s)", strerror(-error));
        if (log && load(capacity, keys, &skeleton, log) < 0)
            last_lines(log, reason, size);
        free(log);
        if (!skeleton && error != -EPERM && access("/sys/kernel/btf/vmlinux", F_OK) != 0)
            snprintf(reason, size, "the kernel does not describe its types (/sys/kernel/btf/vmlinux is missing)");
        if (!skeleton)
            return error;
        reason[0] = '\0';
    }
    reader->program = keep(skeleton->progs.read_cgroup.prog_fd);
    reader->control_map = keep(skeleton->maps.control.map_fd);
    reader->records_map = keep(skeleton->maps.records.map_fd);
    reader->wanted_map = keep(skeleton->maps.wanted.map_fd);
    nsc_cgroup_reader__destroy(skeleton);
    return 0;
}

/*
 * Loads the program. capacity: how many records there are, keys: how many cgroups can be wanted. On failure, reason says what failed and,
 * if the verifier refused the program, its last words. Returns 0 or -errno.
 */
int32_t nsc_bpf_open(uint32_t capacity, uint32_t keys, nsc_bpf_reader *reader, char *reason, int32_t reason_size)
{
    size_t size = (size_t)reason_size;
    void *memory;
    int error;

    memset(reader, 0, sizeof(*reader));
    reader->program = reader->run_program = reader->look_program = -1;
    reader->control_map = reader->records_map = reader->wanted_map = reader->looks_map = -1;
    reason[0] = '\0';
    if (open_without_mutex(capacity, keys, reader) < 0) {
        error = open_with_mutex(capacity, keys, reader, reason, size);
        if (error < 0)
            return error;
    }
    reader->capacity = capacity;
    error = reader->program < 0 ? reader->program : reader->control_map < 0 ? reader->control_map
          : reader->records_map < 0 ? reader->records_map : reader->wanted_map < 0 ? reader->wanted_map : 0;
    if (error == 0) {
        memory = mmap(NULL, mapped_bytes(sizeof(struct nsc_bpf_control)), PROT_READ | PROT_WRITE, MAP_SHARED, reader->control_map, 0);
        if (memory == MAP_FAILED) {
            error = -errno;
        } else {
            reader->control = (uint64_t)(uintptr_t)memory;
            ((struct nsc_bpf_control *)memory)->nr_cpus = possible_cpus();
            ((struct nsc_bpf_control *)memory)->capacity = capacity;
        }
    }
    if (error == 0) {
        memory = mmap(NULL, mapped_bytes((size_t)capacity * sizeof(struct nsc_cgroup_record)), PROT_READ, MAP_SHARED, reader->records_map, 0);
        if (memory == MAP_FAILED)
            error = -errno;
        else
            reader->records = (uint64_t)(uintptr_t)memory;
    }
    if (error == 0 && reader->look_program >= 0) {
        memory = mmap(NULL, mapped_bytes((size_t)capacity * sizeof(struct nsc_look)), PROT_READ, MAP_SHARED, reader->looks_map, 0);
        if (memory == MAP_FAILED)
            error = -errno;
        else
            reader->looks = (uint64_t)(uintptr_t)memory;
    }
    if (error < 0) {
        snprintf(reason, size, "the records cannot be mapped (%s)", strerror(-error));
        nsc_bpf_close(reader);
    }
    return error;
}

/* Unloads the program. May be called again. */
void nsc_bpf_close(nsc_bpf_reader *reader)
{
    int32_t *descriptors[] = {&reader->program,     &reader->run_program, &reader->look_program, &reader->control_map,
                              &reader->records_map, &reader->wanted_map,  &reader->looks_map};
    size_t i;

    if (reader->records)
        munmap((void *)(uintptr_t)reader->records, mapped_bytes((size_t)reader->capacity * sizeof(struct nsc_cgroup_record)));
    if (reader->looks)
        munmap((void *)(uintptr_t)reader->looks, mapped_bytes((size_t)reader->capacity * sizeof(struct nsc_look)));
    if (reader->control)
        munmap((void *)(uintptr_t)reader->control, mapped_bytes(sizeof(struct nsc_bpf_control)));
    reader->records = reader->control = reader->looks = 0;
    for (i = 0; i < sizeof(descriptors) / sizeof(descriptors[0]); i++) {
        if (*descriptors[i] >= 0)
            close(*descriptors[i]);
        *descriptors[i] = -1;
    }
}

/* From the next walk on, the cgroup with this inode number is written to a record. Returns 0 or -errno; -E2BIG if there are too many. */
int32_t nsc_bpf_want(const nsc_bpf_reader *reader, uint64_t id, uint32_t hierarchy, uint32_t index)
{
    struct nsc_cgroup_key key = {.id = id, .hierarchy = hierarchy};
    union bpf_attr attributes;

    memset(&attributes, 0, sizeof(attributes));
    attributes.map_fd = (uint32_t)reader->wanted_map;
    attributes.key = (uint64_t)(uintptr_t)&key;
    attributes.value = (uint64_t)(uintptr_t)&index;
    return bpf(BPF_MAP_UPDATE_ELEM, &attributes);
}

int32_t nsc_bpf_forget(const nsc_bpf_reader *reader, uint64_t id, uint32_t hierarchy)
{
    struct nsc_cgroup_key key = {.id = id, .hierarchy = hierarchy};
    union bpf_attr attributes;

    memset(&attributes, 0, sizeof(attributes));
    attributes.map_fd = (uint32_t)reader->wanted_map;
    attributes.key = (uint64_t)(uintptr_t)&key;
    return bpf(BPF_MAP_DELETE_ELEM, &attributes);
}

/* One read of the iterator, from its beginning. Holds cgroup_mutex. */
static int iterate(int walk)
{
    union bpf_attr attributes;
    char nothing[8];
    ssize_t length;
    int iterator;

    memset(&attributes, 0, sizeof(attributes));
    attributes.iter_create.link_fd = (uint32_t)walk;
    iterator = bpf(BPF_ITER_CREATE, &attributes);
    if (iterator < 0)
        return iterator;
    do
        length = read(iterator, nothing, sizeof(nothing));
    while (length < 0 && errno == EINTR);
    if (length < 0)
        length = -errno;
    close(iterator);
    return length < 0 ? (int)length : 0;
}

static int run(int program)
{
    union bpf_attr attributes;
    int result;

    memset(&attributes, 0, sizeof(attributes));
    attributes.test.prog_fd = (uint32_t)program;
    result = bpf(BPF_PROG_RUN, &attributes);
    return result < 0 ? result : attributes.test.retval != 0 ? -ESRCH : 0;
}

static volatile struct nsc_bpf_control *control_of(const nsc_bpf_reader *reader)
{
    return (struct nsc_bpf_control *)(uintptr_t)reader->control;
}

/*
 * A walk that begins at a cgroup (a descriptor of its directory, of v1 or v2), for nsc_bpf_walk. It keeps that cgroup in memory until it is
 * closed with close(2), or until the reader is closed. Returns a descriptor or -errno.
 */
int32_t nsc_bpf_walk_open(const nsc_bpf_reader *reader, int32_t directory, int32_t order, uint32_t hierarchy)
{
    volatile struct nsc_bpf_control *control = control_of(reader);
    int keeps = order == NSC_BPF_ALL_BELOW && reader->run_program >= 0, walk, error;
    union bpf_iter_link_info info;
    union bpf_attr attributes;

    if (hierarchy >= NSC_MAX_HIERARCHIES)
        return -E2BIG;
    memset(&info, 0, sizeof(info));
    info.cgroup.order = order == NSC_BPF_ONLY_ITSELF || keeps ? BPF_CGROUP_ITER_SELF_ONLY : BPF_CGROUP_ITER_DESCENDANTS_PRE;
    info.cgroup.cgroup_fd = (uint32_t)directory;
    memset(&attributes, 0, sizeof(attributes));
    attributes.link_create.prog_fd = (uint32_t)reader->program;
    attributes.link_create.attach_type = BPF_TRACE_ITER;
    attributes.link_create.iter_info = (uint64_t)(uintptr_t)&info;
    attributes.link_create.iter_info_len = sizeof(info);
    walk = bpf(BPF_LINK_CREATE, &attributes);
    if (walk < 0 || !keeps)
        return walk;
    control->hierarchy = hierarchy;
    control->keeps = 1;
    control->visited = 0;
    error = iterate(walk);
    control->keeps = 0;
    if (error == 0)
        return walk;
    close(walk);
    return error;
}

/*
 * Writes the records of all wanted cgroups of a walk, in rounds of about max_round_ns. The kernel can resume neither of its iterators, so a
 * round skips what the ones before have visited. Without nsc_bpf_reader.run_program, a round holds cgroup_mutex. Returns 0 or -errno.
 */
int32_t nsc_bpf_walk(const nsc_bpf_reader *reader, int32_t walk, int32_t order, uint32_t hierarchy, uint64_t pass, uint32_t max_rounds,
                     uint64_t max_round_ns, nsc_bpf_walk_result *result)
{
    volatile struct nsc_bpf_control *control = control_of(reader);

    memset(result, 0, sizeof(*result));
    control->pass = pass;
    control->notes = order == NSC_BPF_ALL_BELOW;
    control->hierarchy = hierarchy;
    control->max_ns = max_round_ns;
    control->min_reads = MIN_READ_AT_ONCE;
    do {
        int error;

        control->skip = result->visited;
        control->visited = 0;
        control->written = 0;
        control->is_complete = 0;
        control->is_ended = 0;
        error = order == NSC_BPF_ALL_BELOW && reader->run_program >= 0 ? run(reader->run_program) : iterate(walk);
        if (error < 0)
            return error;
        result->rounds++;
        result->written += control->written;
        if (control->visited > 0 && control->last_ns - control->first_ns > result->longest_round_ns)
            result->longest_round_ns = control->last_ns - control->first_ns;
        if (control->visited <= result->visited) { /* the tree has shrunk */
            result->is_complete = 1;
            break;
        }
        result->visited = control->visited;
        result->is_complete = control->is_complete;
    } while (!result->is_complete && result->rounds < max_rounds);
    return 0;
}

/*
 * Reads what a look between two samples needs of all records whose cgroup the last complete walks have found. look: not 0, never the same
 * again. parts: NSC_PART_*. Returns 0; -ENOSYS without nsc_bpf_reader.look_program; -EAGAIN if the rounds did not suffice; else -errno.
 */
int32_t nsc_bpf_look(const nsc_bpf_reader *reader, uint64_t look, uint64_t parts, uint32_t max_rounds, uint64_t max_round_ns)
{
    volatile struct nsc_bpf_control *control = control_of(reader);
    uint32_t round;

    if (reader->look_program < 0)
        return -ENOSYS;
    control->pass = look;
    control->parts = parts;
    control->max_ns = max_round_ns;
    control->visited = 0;
    for (round = 0; round < max_rounds; round++) {
        int error;

        control->skip = control->visited;
        error = run(reader->look_program);
        if (error < 0)
            return error;
        if (control->visited >= reader->capacity)
            return 0;
    }
    return -EAGAIN;
}

#define NAME(name, type, enumerator) #name,

/* The name of one of nsc_bpf_facts.items, for the test of the managed mirror. Returns its length, or -ENOENT. */
int32_t nsc_bpf_item_name(int32_t item, char *name, int32_t size)
{
    static const char *const states[] = {NSC_STATE_ITEMS(NAME)};
    static const char *const events[] = {NSC_EVENT_ITEMS(NAME)};

    if (item < 0 || item >= NSC_ITEMS)
        return -ENOENT;
    return snprintf(name, (size_t)size, "%s", item < NSC_ITEM_STATES ? states[item] : events[item - NSC_ITEM_STATES]);
}

/* Offsets of members, in the order of the managed mirror, for its test; -ENOENT after the last. */
int32_t nsc_bpf_offset(int32_t field)
{
#define OF(member) offsetof(struct nsc_cgroup_record, member)
    static const size_t offsets[] = {
        OF(pass), OF(filled), OF(memory_usage), OF(memory_peak), OF(memory_failcnt), OF(memory_lowest_limit), OF(swap_usage),
        OF(swap_peak), OF(swap_failcnt), OF(kmem_usage), OF(kmem_peak), OF(kmem_failcnt), OF(tcp_usage), OF(tcp_peak),
        OF(tcp_failcnt), OF(memory_events), OF(under_oom), OF(pids_current), OF(pids_peak), OF(pids_limit_events),
        OF(pids_max_events), OF(pids_fork_fail_events), OF(nr_periods), OF(nr_throttled), OF(throttled_ns), OF(nr_bursts),
        OF(burst_ns), OF(cpu_ns), OF(cpu_user_ns), OF(cpu_system_ns), OF(previous_user_ns), OF(previous_system_ns),
        OF(read_ns), OF(cpuacct_ns), OF(cpuacct_user_ns), OF(cpuacct_system_ns), OF(states), OF(events), sizeof(struct nsc_cgroup_record),
        offsetof(struct nsc_bpf_control, facts), offsetof(struct nsc_bpf_facts, items), sizeof(struct nsc_bpf_control),
        offsetof(struct nsc_look, pass), offsetof(struct nsc_look, look), offsetof(struct nsc_look, filled), offsetof(struct nsc_look, memory_usage),
        offsetof(struct nsc_look, nr_periods), offsetof(struct nsc_look, nr_throttled), offsetof(struct nsc_look, cpuacct_ns),
        offsetof(struct nsc_look, from_ns), offsetof(struct nsc_look, to_ns), sizeof(struct nsc_look),
    };

    return field >= 0 && (size_t)field < sizeof(offsets) / sizeof(offsets[0]) ? (int32_t)offsets[field] : -ENOENT;
}
