/* Tests of netfilter.c: tables of a real namespace, and answers that are not as they should be (getsockopt is wrapped). */
#include "check.h"
#include "../netfilter.h"
#include "../netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* linux/netfilter_ipv4/ip_tables.h: IPT_SO_GET_INFO, IPT_SO_GET_ENTRIES, and where struct ipt_getinfo has the size. */
enum { GET_INFO = 64, GET_ENTRIES = 65, SIZE_AT = 80 };

typedef enum odd_answer { NONE, NO_INFO, HUGE_TABLE, REPLACED_ONCE, REPLACED_ALWAYS } odd_answer;

static odd_answer answer;
static int entries_asked;
static int directory;
static pid_t child;
static uint64_t child_inode;
static uint64_t own_inode;
static uint64_t buffer[(1 << 16) / 8];

int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *length);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *length);

int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
    if (name == GET_ENTRIES) entries_asked++;
    if (name == GET_INFO && answer == NO_INFO) {
        errno = ENOENT;
        return -1;
    }

    if (name == GET_ENTRIES && (answer == REPLACED_ALWAYS || (answer == REPLACED_ONCE && entries_asked == 1))) {
        errno = EAGAIN;
        return -1;
    }

    int result = __real_getsockopt(fd, level, name, value, length);
    if (name == GET_INFO && answer == HUGE_TABLE) memset((char *)value + SIZE_AT, 0xff, 4);
    return result;
}

static uint64_t inode_of(const char *path)
{
    struct stat status;
    CHECK(stat(path, &status) == 0);
    return status.st_ino;
}

static int descriptors(void)
{
    int count = 0;
    for (int fd = 0; fd < 256; fd++) count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static nsc_netfilter read_with(uint64_t capacity)
{
    nsc_netfilter netfilter = {.buffer = (uintptr_t)buffer, .capacity = capacity, .has_xtables = 1, .table_count = 99};
    entries_asked = 0;
    CHECK(nsc_netfilter_read(directory, child_inode, &netfilter) == 0);
    CHECK(netfilter.error[0] == 0 && netfilter.error[1] == 0);
    return netfilter;
}

static void run_inside(const char *command)
{
    char line[256];
    snprintf(line, sizeof line, "nsenter -t %d -n %s", child, command);
    CHECK(system(line) == 0);
}

static void namespace_without_tables_has_none(void)
{
    nsc_netfilter netfilter = read_with(sizeof buffer);
    CHECK(netfilter.table_count == 0 && netfilter.needed == 0);
}

static void tables_are_those_of_the_namespace(void)
{
    run_inside("iptables-legacy -A INPUT -m comment --comment first");
    run_inside("iptables-legacy -t mangle -A OUTPUT -m comment --comment second");
    run_inside("ip6tables-legacy -A FORWARD -m comment --comment third");
    nsc_netfilter netfilter = read_with(sizeof buffer);
    CHECK(netfilter.table_count == 3);
    uint64_t needed = 0;
    for (int i = 0; i < 3; i++) {
        const nsc_xtables_table *table = &netfilter.tables[i];
        int is_mangle = strcmp(table->name, "mangle") == 0;
        const char *comment = is_mangle ? "second" : table->is_ipv6 ? "third" : "first";
        CHECK(is_mangle || strcmp(table->name, "filter") == 0);
        CHECK(table->valid_hooks == (is_mangle ? 0x1fu : 0xeu) && table->is_ipv6 == (uint32_t)(i == 2));
        CHECK(table->length > 0 && table->offset % 8 == 0);
        CHECK(memmem((char *)buffer + table->offset, (size_t)table->length, comment, strlen(comment) + 1));
        needed += table->needed;
    }

    CHECK(netfilter.needed == needed);
}

static void table_that_does_not_fit_is_reported(void)
{
    nsc_netfilter whole = read_with(sizeof buffer);
    CHECK(read_with(whole.needed).tables[2].length > 0);
    memset(buffer, 0x55, sizeof buffer);
    for (uint64_t capacity = 0; capacity < whole.needed; capacity += 8) {
        nsc_netfilter netfilter = read_with(capacity);
        CHECK(netfilter.table_count == 3 && netfilter.needed == whole.needed);
        CHECK(buffer[capacity / 8] == UINT64_C(0x5555555555555555));
        if (capacity < whole.needed - 80) CHECK(netfilter.tables[2].length == -ENOBUFS);
    }
}

static void odd_answers_are_values(void)
{
    answer = NO_INFO;
    CHECK(read_with(sizeof buffer).tables[0].length == -ENOENT);
    answer = HUGE_TABLE;
    CHECK(read_with(sizeof buffer).tables[0].length == -EFBIG && entries_asked == 0);
    answer = REPLACED_ONCE;
    CHECK(read_with(sizeof buffer).tables[0].length > 0 && entries_asked == 4);
    answer = REPLACED_ALWAYS;
    CHECK(read_with(sizeof buffer).tables[0].length == -EAGAIN && entries_asked == 9);
    answer = NONE;
}

static void own_namespace_is_read_without_entering(void)
{
    nsc_netfilter netfilter = {.buffer = (uintptr_t)buffer, .capacity = sizeof buffer, .has_xtables = 1};
    nsc_netfilter_read_own(&netfilter);
    CHECK(netfilter.error[0] == 0 && netfilter.table_count >= 0);
    CHECK(nsc_netfilter_read(directory, own_inode, &netfilter) == -ESRCH);
    CHECK(nsc_netfilter_read(-1, child_inode, &netfilter) == -ESRCH);
}

static void start_child(void)
{
    char path[64];
    char byte;
    int ready[2];
    CHECK(pipe2(ready, O_CLOEXEC) == 0);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (unshare(CLONE_NEWNET) != 0 || write(ready[1], "r", 1) != 1) _exit(1);
        for (;;) pause();
    }

    CHECK(read(ready[0], &byte, 1) == 1);
    close(ready[0]);
    close(ready[1]);
    snprintf(path, sizeof path, "/proc/%d", child);
    directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    CHECK(directory >= 0);
    snprintf(path, sizeof path, "/proc/%d/ns/net", child);
    child_inode = inode_of(path);
    own_inode = inode_of("/proc/self/ns/net");
}

int main(void)
{
    start_child();
    int before = descriptors();
    namespace_without_tables_has_none();
    tables_are_those_of_the_namespace();
    table_that_does_not_fit_is_reported();
    odd_answers_are_values();
    own_namespace_is_read_without_entering();
    CHECK(descriptors() == before && inode_of("/proc/self/ns/net") == own_inode);
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    printf("netfilter_test: %d checks\n", checks);
    return 0;
}
