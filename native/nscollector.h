/* The native half of NsCollector. nscollector.c: the interface's version. visit.c: the visit to the namespaces. */
#ifndef NSCOLLECTOR_H
#define NSCOLLECTOR_H
#include <stdint.h>

/* The version of this interface; the managed side refuses any other. */
#define NSC_INTERFACE_VERSION 2

/* The texts of one namespace, in the order of nsc_target.sections. */
enum {
    NSC_SECTION_DEV,             /* net/dev */
    NSC_SECTION_SNMP,            /* net/snmp */
    NSC_SECTION_NETSTAT,         /* net/netstat */
    NSC_SECTION_SOCKSTAT,        /* net/sockstat */
    NSC_SECTION_CONNTRACK_COUNT, /* sys/net/netfilter/nf_conntrack_count */
    NSC_SECTION_CONNTRACK_MAX,   /* sys/net/netfilter/nf_conntrack_max */
    NSC_SECTIONS
};

/* nsc_target.outcome; any negative value is an -errno. */
enum {
    NSC_OUTCOME_READ = 1, /* sections hold what was read */
    NSC_OUTCOME_HOST = 2, /* the namespace is the one to leave out; not entered */
    NSC_OUTCOME_GONE = 3  /* the process has ended */
};

/* Set in an identity that is the inode of net/dev and not of ns/net. */
#define NSC_IDENTITY_BY_DEV (UINT64_C(1) << 63)

/* nsc_request.mode */
enum {
    NSC_MODE_VISIT = 1, /* setns(2) into each namespace */
    NSC_MODE_PROC = 2   /* /proc/PID/net of each process, without entering */
};

/* One text of one namespace. */
typedef struct nsc_section {
    uint32_t offset;    /* from the start of the request's buffer */
    int32_t length;     /* bytes, or -errno; 0 where it was not asked for */
    uint32_t cut_lines; /* of net/dev only: lines beyond dev_limit, read past and not kept */
} nsc_section;

/* One namespace to read. */
typedef struct nsc_target {
    int32_t directory;           /* in: a descriptor (O_PATH will do) of the process's /proc/PID */
    int32_t outcome;             /* out */
    int32_t entered;             /* out: 0, or the -errno for which a living process's namespace could not be entered */
    int32_t reserved;
    uint64_t namespace_identity; /* out: see nsc_namespace_identity; 0 where unreadable */
    nsc_section sections[NSC_SECTIONS];
} nsc_target;

/* What is asked for, and what room there is. */
typedef struct nsc_request {
    int32_t mode;
    uint32_t sections;      /* in: a bit (1 << NSC_SECTION_...) for each text wanted */
    uint32_t dev_limit;     /* in: the most bytes of net/dev that are kept of one namespace */
    uint32_t text_limit;    /* in: the most bytes of any other text; a longer one is -EFBIG */
    uint64_t leave_out[2];  /* in: the identities of the namespace to leave out, one of each kind; 0 for none */
    uint64_t buffer;        /* in: the address */
    uint64_t capacity;      /* in: bytes */
    uint64_t needed;        /* out, with -ENOBUFS: bytes that the first target takes */
} nsc_request;

/* What the visiting thread keeps between calls: zeroed before the first one, thread_net set to -1. */
typedef struct nsc_visitor {
    int32_t thread_net; /* a descriptor of the thread's own /proc/thread-self/net, or -1 */
    int32_t thread;     /* the thread that it belongs to */
    int32_t follows;    /* 0: not known yet; 1: look-ups through thread_net follow setns; -1: they do not */
    int32_t open; /* descriptors of targets' namespaces opened and not closed: 0 between two calls */
} nsc_visitor;

_Static_assert(sizeof(nsc_section) == 12, "the managed side lays it out so");
_Static_assert(sizeof(nsc_target) == 24 + NSC_SECTIONS * 12, "the managed side lays it out so");
_Static_assert(sizeof(nsc_request) == 56, "the managed side lays it out so");
_Static_assert(sizeof(nsc_visitor) == 16, "the managed side lays it out so");

int32_t nsc_interface_version(void);

/* sizeof nsc_target (0), nsc_request (1) or nsc_visitor (2), for the managed side to compare with its own; else -1. */
int32_t nsc_size_of(int32_t structure);

uint64_t nsc_namespace_identity(int32_t directory, int32_t mode);

int32_t nsc_visit(nsc_visitor *visitor, nsc_request *request, nsc_target *targets, int32_t count);

void nsc_visitor_close(nsc_visitor *visitor);

#endif
