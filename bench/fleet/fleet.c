/*
 * fleet: makes N containers without a container runtime, and is gone without a trace when told.
 *
 *     fleet [--name NAME] [--count N] [--list FILE] [--clean]
 *
 * Each container is one sleeping process, init of a pid namespace of its own, in a network namespace of its own (lo up,
 * one veth whose other end stays here) and in the cgroup /NAME/NAME-i of every cgroup hierarchy mounted here. FILE gets
 * one line "NAME-i PID" for each. When all stand, "ready N SECONDS" is printed; then it waits for SIGTERM, SIGINT or
 * SIGHUP and removes everything it made. Killed otherwise, its processes die with it and the empty cgroups stay: the
 * next start, or --clean, removes them first.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_HIERARCHIES = 32, CHILD_STACK = 16 * 1024 };

static char hierarchies[MAX_HIERARCHIES][256];
static int hierarchy_count;
static const char *name = "nscollector-bench";
static volatile sig_atomic_t stopping;

static void on_signal(int number) { stopping = number; }

static void die(const char *format, ...)
{
    int error = errno;
    va_list arguments;
    va_start(arguments, format);
    fputs("fleet: ", stderr);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, ": %s\n", strerror(error));
    va_end(arguments);
    stopping = SIGTERM;
}

/* Every mounted hierarchy but the named ones (name=systemd), which have no numbers. */
static void find_hierarchies(void)
{
    FILE *file = fopen("/proc/self/mountinfo", "re");
    char line[4096];
    while (file != NULL && fgets(line, sizeof line, file) != NULL && hierarchy_count < MAX_HIERARCHIES) {
        char mount_point[256], type[64];
        char *separator = strstr(line, " - ");
        if (separator == NULL || sscanf(separator, " - %63s", type) != 1 || sscanf(line, "%*s %*s %*s %*s %255s", mount_point) != 1)
            continue;
        if (strcmp(type, "cgroup2") == 0 || (strcmp(type, "cgroup") == 0 && strstr(separator, "name=") == NULL))
            memcpy(hierarchies[hierarchy_count++], mount_point, sizeof mount_point);
    }
    if (file != NULL)
        fclose(file);
}

static int write_text(const char *path, const char *text)
{
    int descriptor = open(path, O_WRONLY | O_CLOEXEC);
    if (descriptor < 0)
        return -1;
    ssize_t written = write(descriptor, text, strlen(text));
    int error = errno;
    close(descriptor);
    errno = error;
    return written < 0 ? -1 : 0;
}

static void copy_text(const char *from, const char *to)
{
    char text[256] = "";
    int descriptor = open(from, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return;
    ssize_t length = read(descriptor, text, sizeof text - 1);
    close(descriptor);
    if (length > 0)
        write_text(to, text);
}

static void remove_cgroups(void)
{
    for (int h = 0; h < hierarchy_count; h++) {
        char parent[512], path[1024];
        snprintf(parent, sizeof parent, "%s/%s", hierarchies[h], name);
        DIR *directory = opendir(parent);
        if (directory == NULL)
            continue;
        for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
            if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
                continue;
            snprintf(path, sizeof path, "%s/%s", parent, entry->d_name);
            /* A process that has been reaped may still count for a moment. */
            for (int attempt = 0; rmdir(path) != 0 && errno == EBUSY && attempt < 200; attempt++)
                usleep(10000);
        }
        closedir(directory);
        if (rmdir(parent) != 0 && errno != ENOENT)
            fprintf(stderr, "fleet: rmdir %s: %s\n", parent, strerror(errno));
    }
}

static void make_parents(void)
{
    for (int h = 0; h < hierarchy_count; h++) {
        char path[512], from[512], to[512];
        snprintf(path, sizeof path, "%s/%s", hierarchies[h], name);
        if (mkdir(path, 0755) != 0 && errno != EEXIST)
            die("mkdir %s", path);
        /* cpuset on v1 takes no process before both are set; clone_children hands them down. */
        static const char *const cpuset[] = {"cpuset.cpus", "cpuset.mems"};
        for (int i = 0; i < 2; i++) {
            snprintf(from, sizeof from, "%s/%s", hierarchies[h], cpuset[i]);
            snprintf(to, sizeof to, "%s/%s/%s", hierarchies[h], name, cpuset[i]);
            copy_text(from, to);
        }
        snprintf(to, sizeof to, "%s/%s/cgroup.clone_children", hierarchies[h], name);
        write_text(to, "1");
    }
}

/* The container's only process. */
static int contained(void *argument)
{
    (void)argument;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_IGN);
    int socket_descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    ioctl(socket_descriptor, SIOCSIFFLAGS, &request);
    /* The reading end of the caller's standard output must not wait for these. */
    syscall(SYS_close_range, 0U, ~0U, 0U);
    for (;;)
        pause();
    return 0;
}

static struct rtattr *attribute(struct nlmsghdr *message, int type, const void *data, size_t length)
{
    struct rtattr *result = (struct rtattr *)((char *)message + NLMSG_ALIGN(message->nlmsg_len));
    result->rta_type = (unsigned short)type;
    result->rta_len = (unsigned short)RTA_LENGTH(length);
    if (length > 0)
        memcpy(RTA_DATA(result), data, length);
    message->nlmsg_len = NLMSG_ALIGN(message->nlmsg_len) + RTA_ALIGN(result->rta_len);
    return result;
}

static void end_nested(struct nlmsghdr *message, struct rtattr *nested)
{
    nested->rta_len = (unsigned short)((char *)message + NLMSG_ALIGN(message->nlmsg_len) - (char *)nested);
}

/* host_name here, eth0 in the network namespace of pid. */
static int make_veth(int netlink, const char *host_name, pid_t pid)
{
    union {
        struct nlmsghdr header;
        char bytes[1024];
    } message = {.header = {
        .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
        .nlmsg_type = RTM_NEWLINK,
        .nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK,
    }};
    struct nlmsghdr *header = &message.header;
    unsigned int target = (unsigned int)pid;

    attribute(header, IFLA_IFNAME, host_name, strlen(host_name) + 1);
    struct rtattr *link = attribute(header, IFLA_LINKINFO, NULL, 0);
    attribute(header, IFLA_INFO_KIND, "veth", 5);
    struct rtattr *data = attribute(header, IFLA_INFO_DATA, NULL, 0);
    struct ifinfomsg none = {0};
    struct rtattr *peer = attribute(header, VETH_INFO_PEER, &none, sizeof none);
    attribute(header, IFLA_IFNAME, "eth0", 5);
    attribute(header, IFLA_NET_NS_PID, &target, sizeof target);
    end_nested(header, peer);
    end_nested(header, data);
    end_nested(header, link);

    if (send(netlink, header, header->nlmsg_len, 0) < 0)
        return -1;
    char answer[1024];
    ssize_t length = recv(netlink, answer, sizeof answer, 0);
    if (length < (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr)))
        return -1;
    const struct nlmsgerr *error = NLMSG_DATA((struct nlmsghdr *)answer);
    errno = -error->error;
    return error->error == 0 ? 0 : -1;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int count, char **arguments)
{
    int containers = 100;
    const char *list = NULL;
    bool clean = false;
    for (int i = 1; i < count; i++) {
        bool has_value = i + 1 < count;
        if (strcmp(arguments[i], "--name") == 0 && has_value)
            name = arguments[++i];
        else if (strcmp(arguments[i], "--count") == 0 && has_value)
            containers = atoi(arguments[++i]);
        else if (strcmp(arguments[i], "--list") == 0 && has_value)
            list = arguments[++i];
        else if (strcmp(arguments[i], "--clean") == 0)
            clean = true;
        else {
            fputs("usage: fleet [--name NAME] [--count N] [--list FILE] [--clean]\n", stderr);
            return 2;
        }
    }

    find_hierarchies();
    remove_cgroups();
    if (clean)
        return 0;

    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGHUP, &action, NULL);

    double start = seconds();
    make_parents();
    pid_t *pids = calloc((size_t)containers, sizeof *pids);
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    FILE *file = list == NULL ? NULL : fopen(list, "we");
    int made = 0;
    static char stack[CHILD_STACK] __attribute__((aligned(16)));
    for (; made < containers && !stopping; made++) {
        /* Without CLONE_VM the child has its own copy of the stack, so one serves all. */
        pid_t pid = clone(contained, stack + sizeof stack, CLONE_NEWNET | CLONE_NEWPID | SIGCHLD, NULL);
        if (pid < 0) {
            die("clone");
            break;
        }
        pids[made] = pid;

        char host_name[IFNAMSIZ], path[512], text[16];
        snprintf(host_name, sizeof host_name, "nsb%d", made);
        if (make_veth(netlink, host_name, pid) != 0)
            die("veth %s", host_name);
        snprintf(text, sizeof text, "%d", pid);
        for (int h = 0; h < hierarchy_count; h++) {
            snprintf(path, sizeof path, "%s/%s/%s-%d", hierarchies[h], name, name, made);
            if (mkdir(path, 0755) != 0)
                die("mkdir %s", path);
            strcat(path, "/cgroup.procs");
            if (write_text(path, text) != 0)
                die("%s", path);
        }
        if (file != NULL)
            fprintf(file, "%s-%d %d\n", name, made, pid);
    }
    if (file != NULL)
        fclose(file);

    if (!stopping) {
        printf("ready %d %.2f\n", made, seconds() - start);
        fflush(stdout);
    }
    /* The signal may come between the test and the wait: block it but inside of sigsuspend. */
    sigset_t signals, before;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, &before);
    while (!stopping)
        sigsuspend(&before);

    for (int i = 0; i < containers; i++)
        if (pids[i] > 0)
            kill(pids[i], SIGKILL);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) { }
    remove_cgroups();
    return made == containers ? 0 : 1;
}
