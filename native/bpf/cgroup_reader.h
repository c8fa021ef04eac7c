/* Reads the numbers of many cgroups in one pass by BPF (Linux 6.1), instead of files. */
#ifndef NSC_BPF_CGROUP_READER_H
#define NSC_BPF_CGROUP_READER_H
#include <stddef.h>
#include <stdint.h>
#include "cgroup_record.h"

/* nsc_bpf_walk_open.order */
enum {
    NSC_BPF_ALL_BELOW = 1, /* the cgroup and all below it, parents first */
    NSC_BPF_ONLY_ITSELF = 2
};

/* What one walk took. */
typedef struct nsc_bpf_walk_result {
    uint64_t visited;         /* cgroups */
    uint64_t written;         /* records */
    uint64_t rounds;           /* of about max_round_ns */
    uint64_t longest_round_ns; /* from the first cgroup to the last time check */
    uint64_t is_complete;      /* 0: max_rounds was reached before */
} nsc_bpf_walk_result;

/* A loaded program with its maps. The agent reads records where they are mapped. */
typedef struct nsc_bpf_reader {
    int32_t program;     /* iter/cgroup */
    int32_t run_program; /* walks over cgroups without cgroup_mutex; -1 if the kernel cannot do that (before Linux 6.7) */
    int32_t look_program; /* for nsc_bpf_look; -1 together with run_program */
    int32_t control_map;
    int32_t records_map;
    int32_t wanted_map;
    int32_t looks_map;
    uint32_t capacity; /* records */
    uint64_t records; /* the address of struct nsc_cgroup_record[capacity] */
    uint64_t control; /* the address of struct nsc_bpf_control */
    uint64_t looks; /* the address of struct nsc_look[capacity]; 0 without look_program */
} nsc_bpf_reader;

_Static_assert(sizeof(nsc_bpf_walk_result) == 40, "NativeShim.BpfWalkResult mirrors it");
_Static_assert(sizeof(nsc_bpf_reader) == 56, "NativeShim.BpfReader mirrors it");
_Static_assert(sizeof(struct nsc_look) == 64, "LookRecord mirrors it");
_Static_assert(sizeof(struct nsc_cgroup_record) == 1272, "NativeShim.CgroupRecord mirrors it");

int32_t nsc_bpf_open(uint32_t capacity, uint32_t keys, nsc_bpf_reader *reader, char *reason, int32_t reason_size);
void nsc_bpf_close(nsc_bpf_reader *reader);
int32_t nsc_bpf_want(const nsc_bpf_reader *reader, uint64_t id, uint32_t hierarchy, uint32_t index);
int32_t nsc_bpf_forget(const nsc_bpf_reader *reader, uint64_t id, uint32_t hierarchy);
int32_t nsc_bpf_walk_open(const nsc_bpf_reader *reader, int32_t directory, int32_t order, uint32_t hierarchy);
int32_t nsc_bpf_walk(const nsc_bpf_reader *reader, int32_t walk, int32_t order, uint32_t hierarchy, uint64_t pass, uint32_t max_rounds,
                     uint64_t max_round_ns, nsc_bpf_walk_result *result);
int32_t nsc_bpf_look(const nsc_bpf_reader *reader, uint64_t look, uint64_t parts, uint32_t max_rounds, uint64_t max_round_ns);
int32_t nsc_bpf_item_name(int32_t item, char *name, int32_t size);
int32_t nsc_bpf_offset(int32_t field);

#endif
