/*
 * The interface between the managed part of NsCollector and its C shim. visit.c reads files of network namespaces; watch.c
 * and watch_*.c report when containers exit or run out of memory; links.h and removals.h declare the functions
 * that list interfaces and report removed ones, netlink.h those that send netlink requests in a namespace.
 */
#ifndef NSCOLLECTOR_H
#define NSCOLLECTOR_H
#include <stdint.h>

/* The version of this interface; the managed side refuses any other. */
#define NSC_INTERFACE_VERSION 13

/* nsc_target.outcome; any negative value is an -errno. */
enum {
    NSC_OUTCOME_READ = 1, /* its texts hold what was read */
    NSC_OUTCOME_HOST = 2, /* the namespace is an excluded one; not entered */
    NSC_OUTCOME_GONE = 3  /* the process has exited */
};

/* Set in an identity that is the inode number of net/dev instead of ns/net. */
#define NSC_IDENTITY_BY_DEV (UINT64_C(1) << 63)

/* nsc_request.mode */
enum {
    NSC_MODE_VISIT = 1, /* setns(2) into each namespace */
    NSC_MODE_PROC = 2   /* /proc/PID/net of each process, without entering */
};

/* The most files that one request names. */
#define NSC_VISIT_FILES 16

/* How every relative path begins. */
#define NSC_VISIT_PREFIX "net/"

/* nsc_visit_file.flags */
enum {
    NSC_VISIT_REQUIRED = 1, /* a target of which it cannot be read has failed */
    NSC_VISIT_TRUNCATE = 2  /* a longer text is cut at the limit, its other lines are counted; else it is -EFBIG */
};

/*
 * A file to read of every namespace. The path is relative to the process's /proc directory, as "net/dev"; or absolute, as
 * "/proc/sys/net/netfilter/nf_conntrack_count", for files that follow the reading thread. Those are read with
 * NSC_MODE_VISIT only, and have length 0 otherwise.
 */
typedef struct nsc_visit_file {
    uint64_t path;  /* the address, NUL-terminated; valid during the call */
    uint32_t limit; /* bytes of one text */
    uint32_t flags; /* NSC_VISIT_... */
} nsc_visit_file;

/* The text of one file of one namespace. */
typedef struct nsc_visit_text {
    uint32_t offset;    /* from the start of the request's buffer */
    int32_t length;     /* bytes, or -errno; 0 if it was not read */
    uint32_t cut_lines; /* with NSC_VISIT_TRUNCATE: line feeds past the limit */
} nsc_visit_text;

/* One namespace to read. */
typedef struct nsc_target {
    int32_t directory;           /* in: a descriptor (O_PATH will do) of the process's /proc/PID */
    int32_t outcome;             /* out */
    int32_t entered;             /* out: 0, or the -errno with which the namespace of a living process refused entry */
    uint32_t skipped;            /* in: bit i: file i is not read */
    uint64_t namespace_identity; /* out: see nsc_namespace_identity; 0 if unreadable */
} nsc_target;

/* nsc_sockets.wanted */
enum {
    NSC_SOCKETS_LISTENERS = 1, /* the listening TCP sockets */
    NSC_SOCKETS_TCP = 2,       /* all TCP sockets */
    NSC_SOCKETS_UDP = 4,
    NSC_SOCKETS_FLOWS = 8 /* with NSC_SOCKETS_TCP: each connection, too */
};

/* nsc_sockets.flags */
enum {
    NSC_SOCKETS_CUT = 1,         /* there are more sockets than the limit; the figures are those of the first ones */
    NSC_SOCKETS_INTERRUPTED = 2, /* NLM_F_DUMP_INTR: the kernel says that the dump may not be consistent */
    NSC_SOCKETS_HAS_UDP = 4,     /* UDP was asked for; not after a cut */
    NSC_SOCKETS_PORTS_CUT = 16,  /* there are more ports than NSC_SOCKETS_PORTS */
    NSC_SOCKETS_FLOWS_CUT = 32,  /* there are more connections than nsc_request has room for */
    NSC_SOCKETS_NO_CGROUP = 8    /* of nsc_sockets_by_cgroup: the kernel does not say the cgroups of sockets */
};

/* The states of TCP, from 1 on, by their numbers in the kernel (include/net/tcp_states.h); 0 is none. */
#define NSC_SOCKETS_STATES 12

/* A listener with a higher fill of its accept queue, in percent, is counted in listeners_nearly_full. */
#define NSC_SOCKETS_NEARLY_FULL 80

/* The most ports of listening sockets that are reported of one namespace. */
#define NSC_SOCKETS_PORTS 64

/* The UDP sockets of one address family. */
typedef struct nsc_sockets_udp {
    uint32_t sockets;
    uint32_t reserved;
    uint64_t drops;               /* datagrams that the sockets that exist now have dropped */
    uint64_t receive_queue_bytes; /* memory of the datagrams that wait, as in /proc/net/udp */
    uint64_t send_queue_bytes;
} nsc_sockets_udp;

/* The sockets of one namespace: sums only, so its size does not depend on their number. */
typedef struct nsc_sockets {
    uint32_t wanted;   /* in: NSC_SOCKETS_..., 0 for none */
    uint32_t flags;    /* out, as everything below */
    int32_t tcp_error; /* 0 or -errno of the dump of TCP; the figures are then a part */
    int32_t udp_error;
    uint32_t tcp[2][NSC_SOCKETS_STATES]; /* IPv4 and IPv6, by state; without NSC_SOCKETS_TCP only listeners */
    uint32_t odd;                        /* messages that were not understood */
    uint32_t listeners;
    uint32_t listeners_nearly_full;
    uint32_t accept_fill_percent_max;
    uint64_t accept_queue; /* connections that wait for accept(2), of all listeners */
    uint64_t accept_queue_limit;
    uint64_t receive_queue_bytes; /* of TCP, without listeners */
    uint64_t send_queue_bytes;
    uint32_t retransmitting; /* sockets that have sent their oldest data again, without an acknowledgement since */
    uint32_t rtt_count;      /* established sockets with a measured round-trip time */
    uint32_t rtt_min_us;
    uint32_t rtt_median_us;
    uint32_t rtt_p95_us;
    uint32_t reserved;
    nsc_sockets_udp udp[2];
    uint64_t cpu_ns; /* CPU time of the thread for the dumps */
    uint32_t flow_first; /* with NSC_SOCKETS_FLOWS: its connections, in nsc_request.flows */
    uint32_t flow_count;
    uint32_t port_count;
    uint32_t reserved2;
    uint16_t ports[NSC_SOCKETS_PORTS]; /* of listening sockets, each once */
} nsc_sockets;

/* Round-trip times of established connections. */
#define NSC_RTT_BUCKETS 1728

typedef struct nsc_rtt_histogram {
    uint32_t total;
    uint32_t min_us;
    uint32_t max_us;
    uint32_t reserved;
    uint32_t counts[NSC_RTT_BUCKETS];
} nsc_rtt_histogram;

/* The cgroups whose sockets are counted in one namespace. A container may have several. */
typedef struct nsc_cgroups {
    uint64_t ids;        /* the address of uint64_t[id_count], ascending: inode numbers of directories of the unified hierarchy */
    uint64_t containers; /* the address of uint32_t[id_count]: to which of the `count` each belongs */
    uint64_t sockets;    /* out: the address of nsc_sockets[count] */
    uint64_t rtt;        /* the address of nsc_rtt_histogram[count] */
    uint32_t id_count;
    uint32_t count;
} nsc_cgroups;

/* What to read, and where to. */
typedef struct nsc_request {
    int32_t mode;
    int32_t file_count;     /* in: NSC_VISIT_FILES at most */
    uint64_t files;         /* in: the address of nsc_visit_file[file_count] */
    uint64_t texts;         /* out: the address of nsc_visit_text[targets][file_count] */
    uint64_t excluded[2];  /* in: the identities of the namespace to exclude, one of each kind; 0 for none */
    uint64_t buffer;        /* in: the address */
    uint64_t capacity;      /* in: bytes */
    uint64_t needed;        /* out, with -ENOBUFS: bytes that the first target takes */
    uint64_t sockets;       /* the address of nsc_sockets[targets], or 0; used with NSC_MODE_VISIT only */
    uint32_t socket_limit;  /* in: the most sockets that are counted of one namespace */
    uint32_t flow_capacity; /* in */
    uint64_t flows;         /* the address of nsc_flow[flow_capacity] (flows.h), or 0 */
} nsc_request;

/* What the visiting thread keeps between calls: zeroed before the first one, thread_net set to -1. */
typedef struct nsc_visitor {
    int32_t thread_net; /* a descriptor of the thread's own /proc/thread-self/net, or -1 */
    int32_t thread;     /* the thread that it belongs to */
    int32_t follows;    /* 0: not known yet; 1: look-ups through thread_net follow setns; -1: they do not */
    int32_t open;       /* descriptors of targets' namespaces opened and not closed: 0 between two calls */
} nsc_visitor;

_Static_assert(sizeof(nsc_visit_file) == 16, "NativeShim.VisitFile mirrors it");
_Static_assert(sizeof(nsc_visit_text) == 12, "NativeShim.VisitText mirrors it");
_Static_assert(sizeof(nsc_target) == 24, "NativeShim.Target mirrors it");
_Static_assert(sizeof(nsc_sockets) == 400, "NativeShim.SocketSums mirrors it");
_Static_assert(sizeof(nsc_cgroups) == 40, "NativeShim.SocketCgroups mirrors it");
_Static_assert(sizeof(nsc_rtt_histogram) == 16 + 4 * NSC_RTT_BUCKETS, "NativeShim.RttHistogramBytes says so");
_Static_assert(sizeof(nsc_request) == 88, "NativeShim.Request mirrors it");
_Static_assert(sizeof(nsc_visitor) == 16, "NativeShim.Visitor mirrors it");

int32_t nsc_interface_version(void);

/* sizeof of the structure of this number (nscollector.c), which the managed side compares with its own; -1 past the last. */
int32_t nsc_size_of(int32_t structure);

uint64_t nsc_namespace_identity(int32_t directory, int32_t mode);

int32_t nsc_visit(nsc_visitor *visitor, nsc_request *request, nsc_target *targets, int32_t count);

void nsc_visitor_close(nsc_visitor *visitor);

/*
 * Counts the sockets of the calling thread's own network namespace by the cgroup in which each was created (INET_DIAG_CGROUP_ID,
 * Linux 5.8). result->wanted says which dumps are made; the rest of it says how they ended. Sockets in TIME_WAIT and SYN_RECV
 * belong to no cgroup (inet_twsk_diag_fill and inet_req_diag_fill, net/ipv4/inet_diag.c).
 */
void nsc_sockets_by_cgroup(const nsc_cgroups *cgroups, nsc_sockets *result, uint32_t limit);

/* The most of each that a watch is created for. */
#define NSC_WATCH_HIERARCHIES 16
#define NSC_WATCH_FILES 32
#define NSC_WATCH_LINKS 64

/* nsc_watch_file.hierarchy of a file NAME below net/ that is read inside the network namespace */
#define NSC_WATCH_NETWORK (-1)

/* nsc_watch_file.when */
enum {
    NSC_WATCH_AT_EXIT = 1,
    NSC_WATCH_AT_OOM = 2
};

/* nsc_watch_record.kind: what happened. */
enum {
    NSC_WATCH_PROCESS_EXITED = 1,   /* the followed process */
    NSC_WATCH_CGROUP_EMPTIED = 2,   /* later, its last other process exited */
    NSC_WATCH_PROCESS_REAPED = 3,   /* the exit status of the followed process is known */
    NSC_WATCH_CGROUP_POPULATED = 4, /* a process is in the empty cgroup again */
    NSC_WATCH_OOM_KILLED = 5        /* the kernel killed processes of it */
};

/* nsc_watch_record.flags */
enum {
    NSC_WATCH_IS_EMPTY = 1,       /* no process was left when the texts were read */
    NSC_WATCH_HAS_STATUS = 2,     /* status is set */
    NSC_WATCH_HAS_NETWORK = 4,    /* rx_bytes, tx_bytes and what follows them are set */
    NSC_WATCH_IS_COMPLETE = 8,    /* no hierarchy had removed the container's cgroup before its files were read */
    NSC_WATCH_TEXTS_DROPPED = 16, /* the texts were read, but the ring had no space for them */
    NSC_WATCH_STATUS_FOLLOWS = 32 /* of NSC_WATCH_PROCESS_EXITED: NSC_WATCH_PROCESS_REAPED follows */
};

/* One mounted cgroup hierarchy. */
typedef struct nsc_watch_hierarchy {
    uint64_t mount; /* the address of its mount point, NUL-terminated, without a slash at the end */
    uint64_t root;  /* the address of the path of the cgroup that is mounted there, "/" for the whole hierarchy */
} nsc_watch_hierarchy;

/* One file that is read of each container that exits. */
typedef struct nsc_watch_file {
    uint64_t name;     /* the address of its name, NUL-terminated */
    int32_t hierarchy; /* index into nsc_watch_plan.hierarchies, or NSC_WATCH_NETWORK */
    uint32_t when;     /* NSC_WATCH_AT_... */
    int32_t instead_of; /* index of the hierarchy whose files say the same: read only of containers that it does not have; or -1 */
    uint32_t reserved;
} nsc_watch_file;

/* What a watch is created for; copied. */
typedef struct nsc_watch_plan {
    uint64_t hierarchies;    /* the address of nsc_watch_hierarchy[hierarchy_count] */
    uint64_t files;          /* the address of nsc_watch_file[file_count] */
    uint64_t sys;            /* the address of the mount point of sysfs */
    uint64_t ring_bytes;     /* of records that wait to be dequeued */
    int32_t hierarchy_count; /* NSC_WATCH_HIERARCHIES at most */
    int32_t file_count;      /* NSC_WATCH_FILES at most */
    int32_t memory;          /* index of the hierarchy with the memory controller, or -1 */
    int32_t memory_is_v2;
    int32_t unified;         /* index of the unified hierarchy, or -1 */
    int32_t max_containers;
    int32_t ready;           /* the caller's eventfd, signalled whenever there is a record */
    int32_t reserved;
} nsc_watch_plan;

/* One of a container's interfaces that lead out of it. */
typedef struct nsc_watch_link {
    int32_t peer;       /* the index of the host's veth that is its other end; 0: none */
    char name[16];      /* inside the container, with a NUL */
    char peer_name[16]; /* on the host; used with `peer` */
} nsc_watch_link;

/* The text of one file, among a record's bytes. */
typedef struct nsc_watch_text {
    uint32_t offset;
    int32_t length; /* bytes, or -errno; 0 if it was not read */
} nsc_watch_text;

/* One event of one container. */
typedef struct nsc_watch_record {
    int64_t key;
    int64_t realtime_ns;
    int64_t boottime_ns;
    int64_t oom_kills;
    int64_t rx_bytes;    /* as the container counts them: the sum over links_read */
    int64_t tx_bytes;
    uint64_t links_read; /* bit i: nsc_watch_set_network's link i was read */
    uint32_t network;    /* nsc_watch_set_network's version */
    int32_t other_links; /* interfaces inside that are neither lo nor one of those links; -1 if read from the host's peers */
    uint32_t life;  /* of nsc_watch_follow */
    int32_t kind;
    uint32_t flags;
    int32_t status; /* as wait(2) returns it */
    uint32_t bytes; /* of all texts */
    int32_t files;  /* entries of `texts` that are set: 0 or the plan's number of files */
    nsc_watch_text texts[NSC_WATCH_FILES];
} nsc_watch_record;

/* How the watching thread is scheduled. */
typedef struct nsc_watch_scheduling {
    int32_t real_time; /* SCHED_FIFO */
    int32_t nice;
    int32_t error;     /* the -errno with which SCHED_FIFO was refused */
    int32_t thread;
} nsc_watch_scheduling;

typedef struct nsc_watch_counts {
    int64_t texts_dropped;   /* records whose texts found no space in the ring */
    int64_t records_lost;    /* records of which nothing is reported */
    int64_t oom_unarmed;     /* containers whose OOM kills are seen at their exit only */
    int32_t containers;      /* in the table */
    int32_t namespaces_open; /* descriptors of network namespaces that are open now */
    int32_t pending;         /* containers with events that wait for space in the ring */
    int32_t descriptors;     /* held for containers */
} nsc_watch_counts;

_Static_assert(sizeof(nsc_watch_plan) == 64, "NativeShim.WatchPlanAddresses mirrors it");
_Static_assert(sizeof(nsc_watch_link) == 36, "NativeShim.WatchLink mirrors it");
_Static_assert(sizeof(nsc_watch_record) == 88 + NSC_WATCH_FILES * 8, "NativeShim.WatchRecordHead mirrors it");
_Static_assert(sizeof(nsc_watch_scheduling) == 16, "NativeShim.WatchSchedulingResult mirrors it");
_Static_assert(sizeof(nsc_watch_counts) == 40, "NativeShim.WatchCountsResult mirrors it");

typedef struct nsc_watch nsc_watch;

int32_t nsc_watch_create(const nsc_watch_plan *plan, nsc_watch **created);
int32_t nsc_watch_run(nsc_watch *watch, int32_t real_time);
void nsc_watch_wait_started(nsc_watch *watch, nsc_watch_scheduling *scheduling);
void nsc_watch_stop(nsc_watch *watch);
void nsc_watch_destroy(nsc_watch *watch);
int32_t nsc_watch_add(nsc_watch *watch, int64_t key, const char *path);
int32_t nsc_watch_recheck(nsc_watch *watch, int32_t slot, int64_t key);
int32_t nsc_watch_follow(nsc_watch *watch, int32_t slot, int64_t key, uint32_t life, int32_t pid, int32_t directory,
                         int32_t is_namespace_init);
int32_t nsc_watch_set_network(nsc_watch *watch, int32_t slot, int64_t key, uint64_t inode, const char *path,
                              uint32_t version, const nsc_watch_link *links, int32_t count);
int32_t nsc_watch_remove(nsc_watch *watch, int32_t slot, int64_t key);
int32_t nsc_watch_dequeue(nsc_watch *watch, nsc_watch_record *record, uint8_t *bytes, uint32_t capacity);
void nsc_watch_get_counts(nsc_watch *watch, nsc_watch_counts *counts);

/* Schedules the calling thread as nsc_watch_run would, and reports how. */
void nsc_watch_set_scheduling(int32_t real_time, nsc_watch_scheduling *scheduling);

int32_t nsc_pidfd_open(int32_t pid, uint32_t flags);
int32_t nsc_pidfd_status(int32_t pidfd, int32_t *status);

#endif
