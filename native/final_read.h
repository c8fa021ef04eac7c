/* Reads the last values of a container: files of its cgroups and its network counters. */
#ifndef NSC_FINAL_READ_H
#define NSC_FINAL_READ_H
#include "cgroup.h"

#include <stddef.h>

/* Bytes of one text; a longer one is -EFBIG. */
#define NSC_FINAL_TEXT_LIMIT (64u << 10)

/* Bytes of the buffer for all texts of one record; files that do not fit are -ENOBUFS. */
#define NSC_FINAL_BYTES (512u << 10)

/* Bytes of the buffer for the texts of a network namespace. */
#define NSC_FINAL_NETWORK_BYTES (256u << 10)

/* The texts of the plan's files of NSC_WATCH_NETWORK; their offsets are those in `buffer`. */
typedef struct nsc_network_texts {
    uint8_t *buffer; /* NSC_FINAL_NETWORK_BYTES */
    uint32_t bytes;
    nsc_watch_text texts[NSC_WATCH_FILES];
} nsc_network_texts;

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
 * Reads the counters of the network's links, and the plan's files of NSC_WATCH_NETWORK, inside the namespace if it can still
 * be entered; else only those of the links' veth peers on the host. Sets the record's fields of the network and
 * NSC_WATCH_HAS_NETWORK, or nothing. `namespaces_open` counts open descriptors of namespaces and has its old value on return.
 */
void nsc_final_read_network(const nsc_plan *plan, const nsc_final_network *network, nsc_network_texts *texts,
                            int32_t *namespaces_open, nsc_watch_record *record);

/* Adds the texts of the network to a record whose files were read into `buffer`. */
void nsc_final_add_network(const nsc_plan *plan, const nsc_network_texts *texts, uint8_t *buffer, nsc_watch_record *record);

#endif
