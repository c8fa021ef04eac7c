/* The counters of netfilter of one network namespace: netlink dumps, and the tables of legacy iptables and ip6tables. */
#ifndef NSC_NETFILTER_H
#define NSC_NETFILTER_H
#include <stdint.h>

/* The most tables of one address family: the kernel has five. */
#define NSC_XTABLES_FAMILY 8
#define NSC_XTABLES_TABLES (2 * NSC_XTABLES_FAMILY)

/* include/uapi/linux/netfilter.h, NF_INET_NUMHOOKS; the structures of the tables have no room for more. */
#define NSC_XTABLES_HOOKS 5

/* One table of legacy iptables. */
typedef struct nsc_xtables_table {
    uint32_t offset;       /* of its entries, from the start of the buffer */
    int32_t length;        /* bytes of its entries (struct ipt_entry or struct ip6t_entry), or -errno; -ENOBUFS if they do not fit */
    uint32_t is_ipv6;
    uint32_t valid_hooks;  /* bit i: it has a chain for hook i */
    uint32_t hook_entry[NSC_XTABLES_HOOKS]; /* where the chain of each hook begins, in bytes from the first entry */
    char name[32];         /* with a NUL */
} nsc_xtables_table;

/* What is read of one namespace. */
typedef struct nsc_netfilter {
    uint64_t exchanges;      /* the address of nsc_netlink_exchange[exchange_count], of the protocol NETLINK_NETFILTER */
    uint64_t buffer;         /* in: the address of what receives the entries of the tables, a multiple of 8 */
    uint64_t capacity;       /* in: bytes */
    uint64_t needed;         /* out: bytes for the entries of all tables, also of those that do not fit */
    int32_t exchange_count;  /* in */
    uint32_t has_xtables;    /* in: whether the tables of iptables are read */
    int32_t table_count;     /* out */
    int32_t error[2];        /* out: 0, or the -errno with which the names of the tables of IPv4 and IPv6 could not be read */
    int32_t reserved;
    nsc_xtables_table tables[NSC_XTABLES_TABLES]; /* out */
} nsc_netfilter;

_Static_assert(sizeof(nsc_xtables_table) == 68, "NativeShim.XtablesTable mirrors it");
_Static_assert(sizeof(nsc_netfilter) == 56 + 68 * NSC_XTABLES_TABLES, "NativeShim.Netfilter mirrors it");

/*
 * Makes the exchanges and reads the tables in the network namespace of a process, in one visit: nsc_netlink_inside says what
 * directory and identity are, and what is returned. Needs CAP_NET_ADMIN in the user namespace that owns the namespace.
 */
int32_t nsc_netfilter_read(int32_t directory, uint64_t identity, nsc_netfilter *netfilter);

/* The same in the network namespace of the calling thread. */
void nsc_netfilter_read_own(nsc_netfilter *netfilter);

#endif
