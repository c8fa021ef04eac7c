/*
 * Reads the counters of netfilter: of nf_tables and nfnetlink_acct by netlink, of legacy iptables by getsockopt(2), for which the
 * kernel adds them up over processors (get_counters, net/ipv4/netfilter/ip_tables.c). The answers are only copied here; the
 * caller builds the requests and parses the answers outside of the namespace.
 *
 * The kernel would create a table of iptables that is asked for, and load its module (xt_find_table_lock,
 * net/netfilter/x_tables.c), so only tables that the kernel lists are read.
 */
#include "netfilter.h"

#include "netlink.h"
#include "netns.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h> /* before the kernel's headers, which then leave out what it defines */
#include <linux/netfilter_ipv4/ip_tables.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* linux/netfilter_ipv6/ip6_tables.h; both structures are those of IPv4 (ip6t_getinfo, ip6t_get_entries), and so are the numbers. */
#define GET_INFO IPT_SO_GET_INFO
#define GET_ENTRIES IPT_SO_GET_ENTRIES

/* Names of at most 31 bytes, each with a line feed. */
#define NAMES_BYTES (NSC_XTABLES_FAMILY * XT_TABLE_MAXNAMELEN)

_Static_assert(sizeof(((nsc_xtables_table *)0)->name) == XT_TABLE_MAXNAMELEN, "of the kernel");
_Static_assert(sizeof(((struct ipt_getinfo *)0)->hook_entry) == sizeof(((nsc_xtables_table *)0)->hook_entry), "of the kernel");

/* Returns the length, or -errno. */
static ssize_t read_names(int is_ipv6, char *names)
{
    int fd = open(is_ipv6 ? "/proc/thread-self/net/ip6_tables_names" : "/proc/thread-self/net/ip_tables_names", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    ssize_t total = 0;
    ssize_t got;
    do {
        do got = read(fd, names + total, (size_t)(NAMES_BYTES - total));
        while (got < 0 && errno == EINTR);
        if (got < 0) total = -errno;
        else total += got;
    } while (got > 0 && total < NAMES_BYTES);
    close(fd);
    return total;
}

/* The kernel writes the table's header to the start of its answer, so the entries are moved over it. */
static int32_t read_entries(int fd, int level, const char *name, uint32_t size, uint8_t *buffer, uint64_t capacity)
{
    struct ipt_get_entries head = {.size = size};
    socklen_t length = (socklen_t)(offsetof(struct ipt_get_entries, entrytable) + size);
    if (length > capacity) return -ENOBUFS;
    memcpy(head.name, name, sizeof head.name);
    memcpy(buffer, &head, offsetof(struct ipt_get_entries, entrytable));
    if (getsockopt(fd, level, GET_ENTRIES, buffer, &length) != 0) return -errno;
    memmove(buffer, buffer + offsetof(struct ipt_get_entries, entrytable), size);
    return (int32_t)size;
}

static void read_table(int fd, nsc_netfilter *netfilter, nsc_xtables_table *table, uint64_t used)
{
    struct ipt_getinfo info = {.valid_hooks = 0};
    socklen_t length = sizeof info;
    int level = table->is_ipv6 ? IPPROTO_IPV6 : IPPROTO_IP;
    memcpy(info.name, table->name, sizeof info.name);
    if (getsockopt(fd, level, GET_INFO, &info, &length) != 0) {
        table->length = -errno;
        return;
    }

    if (info.size > INT32_MAX / 2) {
        table->length = -EFBIG;
        return;
    }

    table->valid_hooks = info.valid_hooks;
    memcpy(table->hook_entry, info.hook_entry, sizeof table->hook_entry);
    table->offset = (uint32_t)used;
    netfilter->needed += sizeof(struct ipt_get_entries) + info.size;
    table->length = read_entries(fd, level, table->name, info.size, (uint8_t *)(uintptr_t)netfilter->buffer + used, netfilter->capacity - used);
}

static void read_family(int is_ipv6, nsc_netfilter *netfilter, uint64_t *used)
{
    char names[NAMES_BYTES];
    ssize_t length = read_names(is_ipv6, names);

    /* Without the file, the kernel has no such tables. */
    if (length <= 0) {
        if (length != -ENOENT) netfilter->error[is_ipv6] = (int32_t)length;
        return;
    }

    /* A socket of IPv6 only now: without tables of IPv6, the kernel may load the module ipv6 for it. */
    int fd = socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        netfilter->error[is_ipv6] = -errno;
        return;
    }

    for (const char *at = names; at < names + length && netfilter->table_count < NSC_XTABLES_TABLES;) {
        const char *end = memchr(at, '\n', (size_t)(names + length - at));
        size_t bytes = end ? (size_t)(end - at) : 0;
        if (bytes == 0 || bytes >= XT_TABLE_MAXNAMELEN) break;
        nsc_xtables_table *table = &netfilter->tables[netfilter->table_count++];
        memset(table, 0, sizeof *table);
        memcpy(table->name, at, bytes);
        table->is_ipv6 = (uint32_t)is_ipv6;
        read_table(fd, netfilter, table, *used);

        /* Every entry is a multiple of 8 bytes long, so the next table is aligned as this one is. */
        if (table->length > 0) *used += (uint64_t)table->length;
        at = end + 1;
    }

    close(fd);
}

static void read_inside(void *context)
{
    nsc_netfilter *netfilter = context;
    uint64_t used = 0;
    nsc_netlink_here((nsc_netlink_exchange *)(uintptr_t)netfilter->exchanges, netfilter->exchange_count);
    if (!netfilter->has_xtables) return;
    read_family(0, netfilter, &used);
    read_family(1, netfilter, &used);
}

static void clear(nsc_netfilter *netfilter)
{
    netfilter->needed = 0;
    netfilter->table_count = 0;
    memset(netfilter->error, 0, sizeof netfilter->error);
}

void nsc_netfilter_read_own(nsc_netfilter *netfilter)
{
    clear(netfilter);
    read_inside(netfilter);
}

int32_t nsc_netfilter_read(int32_t directory, uint64_t identity, nsc_netfilter *netfilter)
{
    clear(netfilter);
    return nsc_netns_run(directory, identity, read_inside, netfilter);
}
