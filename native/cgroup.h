/* The cgroup directories of a container, by path and inode number, and what their files say about its state. */
#ifndef NSC_CGROUP_H
#define NSC_CGROUP_H
#include "nscollector.h"

/* Bytes of the longest path of a cgroup below its mount point, with the NUL. */
#define NSC_CGROUP_PATH 4096

typedef struct nsc_hierarchy {
    char *mount;
    char *root;
} nsc_hierarchy;

typedef struct nsc_file {
    char *name;
    int32_t hierarchy;
    uint32_t when;
    int32_t instead_of;
} nsc_file;

/* A copy of nsc_watch_plan. */
typedef struct nsc_plan {
    nsc_hierarchy hierarchies[NSC_WATCH_HIERARCHIES];
    nsc_file files[NSC_WATCH_FILES];
    char *sys;
    int hierarchy_count;
    int file_count;
    int memory;
    int memory_is_v2;
    int unified;
    int pids; /* index of the hierarchy that a file pids.current is read from, or -1 */
} nsc_plan;

/* A container's cgroups: its path, and its inode number in each hierarchy, 0 if it has none there. */
typedef struct nsc_cgroup {
    const char *path;
    const uint64_t *inodes;
} nsc_cgroup;

/* What nsc_cgroup_occupancy returns; a negative value is an -errno, and the state is unknown. */
enum {
    NSC_CGROUP_EMPTY,
    NSC_CGROUP_POPULATED,
    NSC_CGROUP_REMOVED /* the kernel removes empty cgroups only */
};

/* The inode number of the directory of a cgroup path in a hierarchy; 0 if there is none. */
uint64_t nsc_cgroup_inode(const nsc_plan *plan, int hierarchy, const char *path);

/*
 * An O_PATH descriptor of the container's directory in a hierarchy; -ENODEV if it was removed, also if another directory has
 * its name now; else -errno. kernfs never uses an inode number twice.
 */
int nsc_cgroup_open(const nsc_plan *plan, const nsc_cgroup *cgroup, int hierarchy);

/* Whether a directory that nsc_cgroup_open returned was removed since: its files are missing then. */
int nsc_cgroup_is_removed(int directory);

/* Whether a process is left in the container. */
int nsc_cgroup_occupancy(const nsc_plan *plan, const nsc_cgroup *cgroup);

/* OOM kills in the cgroup since it was created; -1 if unknown. */
int64_t nsc_cgroup_oom_kills(const nsc_plan *plan, const nsc_cgroup *cgroup);

#endif
