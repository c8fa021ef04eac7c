/* What can still be read of a container at its end: its cgroups' files by path, and its network counters. */
#ifndef NSC_LAST_H
#define NSC_LAST_H
#include "nscollector.h"

#include <stddef.h>

/* The most of one file that is kept; a longer one is -EFBIG. */
#define NSC_LAST_TEXT_LIMIT (64u << 10)

/* The room for the texts of one reading; the files past it are -ENOBUFS. Pages that are never used are never there. */
#define NSC_LAST_ROOM (512u << 10)

/* The longest path of a cgroup, the mount point not counted. */
#define NSC_LAST_PATH 4096

/* What nsc_last_occupancy answers; a negative value is an -errno, and nothing is known. */
enum {
    NSC_LAST_EMPTY,
    NSC_LAST_POPULATED,
    NSC_LAST_GONE /* the directory is not there any more, so neither is a process */
};

typedef struct nsc_last_hierarchy {
    char *mount;
    char *root;
} nsc_last_hierarchy;

typedef struct nsc_last_file {
    char *name;
    int32_t hierarchy;
    uint32_t when;
} nsc_last_file;

/* Copied from nsc_watch_plan. */
typedef struct nsc_last_plan {
    nsc_last_hierarchy hierarchies[NSC_WATCH_HIERARCHIES];
    nsc_last_file files[NSC_WATCH_FILES];
    char *sys;
    int hierarchy_count;
    int file_count;
    int memory;
    int memory_is_v2;
    int unified;
    int pids; /* index of the hierarchy that a file pids.current is read from, or -1 */
} nsc_last_plan;

/* Where a container's cgroups are: its path, and for each hierarchy the inode number of its directory or 0. */
typedef struct nsc_last_place {
    const char *path;
    const uint64_t *inodes;
} nsc_last_place;

/* Where its network counters are. */
typedef struct nsc_last_network {
    uint64_t inode;
    char *path; /* or NULL */
    int32_t peer_count;
    nsc_watch_peer peers[];
} nsc_last_network;

/* Reads the whole of a file into `text`. The length, or -errno: -EFBIG where it is longer than `limit`. */
int nsc_last_text(int directory, const char *name, char *text, size_t limit);

/* The number of a line "KEY NUMBER"; -1 where there is none. */
int64_t nsc_last_keyed(const char *text, size_t length, const char *key);

/* The sums of /proc/net/dev over all interfaces but lo. 0, or -EINVAL where it is no such text. */
int nsc_last_sum(const char *text, size_t length, int64_t *rx_bytes, int64_t *tx_bytes);

/* The inode number of the container's directory in a hierarchy; 0 where it has none. */
uint64_t nsc_last_inode(const nsc_last_plan *plan, int hierarchy, const char *path);

/* An O_PATH descriptor of it; -ENODEV where it is gone, also where another has taken its name; else -errno. */
int nsc_last_directory(const nsc_last_plan *plan, const nsc_last_place *place, int hierarchy);

/* Whether a process is left in the container. */
int nsc_last_occupancy(const nsc_last_plan *plan, const nsc_last_place *place);

/* How many processes the kernel has killed in it for lack of memory since it was made; -1 where that is not told. */
int64_t nsc_last_oom_kills(const nsc_last_plan *plan, const nsc_last_place *place);

/*
 * Reads the files of this `when` into `room`, which has NSC_LAST_ROOM bytes; sets files, bytes, texts and
 * NSC_WATCH_IS_COMPLETE of the record.
 */
void nsc_last_files(const nsc_last_plan *plan, const nsc_last_place *place, uint32_t when, uint8_t *room,
                    nsc_watch_record *record);

/*
 * Reads the network counters, by the namespace where that can still be entered, else by its peers on the host. Sets
 * rx_bytes, tx_bytes and NSC_WATCH_HAS_NETWORK of the record, or nothing. `room` as above, used and not kept;
 * `namespaces_open` counts the descriptors of namespaces: as before on return.
 */
void nsc_last_counters(const nsc_last_plan *plan, const nsc_last_network *network, uint8_t *room, size_t capacity,
                       int32_t *namespaces_open, nsc_watch_record *record);

#endif
