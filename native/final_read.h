/* Reads the last values of a container: files of its cgroups and its network counters. */
#ifndef NSC_FINAL_READ_H
#define NSC_FINAL_READ_H
#include "cgroup.h"

#include <stddef.h>

/* Bytes of one text; a longer one is -EFBIG. */
#define NSC_FINAL_TEXT_LIMIT (64u << 10)

/* Bytes of the buffer for all texts of one record; files that do not fit are -ENOBUFS. */
#define NSC_FINAL_BYTES (512u << 10)

/* Where a container's network counters are read after its processes have exited. */
typedef struct nsc_final_network {
    uint64_t inode; /* of its namespace */
    char *path;     /* the runtime's bind mount of the namespace, or NULL */
    uint32_t version;
    int32_t link_count;
    nsc_watch_link links[];
} nsc_final_network;

/*
 * Reads the files of this `when` (NSC_WATCH_AT_...) into `buffer` of NSC_FINAL_BYTES; sets files, bytes, texts and
 * NSC_WATCH_IS_COMPLETE of the record.
 */
void nsc_final_read_files(const nsc_plan *plan, const nsc_cgroup *cgroup, uint32_t when, uint8_t *buffer,
                          nsc_watch_record *record);

/*
 * Reads the counters of the network's links inside the namespace if it can still be entered, else those of their veth peers
 * on the host. Sets the record's fields of the network and NSC_WATCH_HAS_NETWORK, or nothing. `buffer` is scratch space;
 * `namespaces_open` counts open descriptors of namespaces and has its old value on return.
 */
void nsc_final_read_network(const nsc_plan *plan, const nsc_final_network *network, uint8_t *buffer, size_t capacity,
                            int32_t *namespaces_open, nsc_watch_record *record);

#endif
