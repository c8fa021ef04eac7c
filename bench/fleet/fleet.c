/*
 * fleet: makes N containers without a container runtime, and removes them at SIGTERM.
 *
 *     fleet [--name NAME] [--count N] [--list FILE] [--link PREFIX] [--lively]
 *           [--working N] [--churn N --seconds S --docker-root DIRECTORY --log FILE] [--clean]
 *
 * Each container is one sleeping process. It is init of its own pid namespace, has its own network namespace (lo is up, one
 * veth whose peer is on the host), and is in the cgroup /NAME/NAME-i of every mounted cgroup hierarchy. FILE gets one line
 * "NAME-i PID" for each. Prints "ready N SECONDS" when all exist, waits for SIGTERM, SIGINT or SIGHUP, and removes
 * everything it made. If it is killed, its processes are killed too, but the empty cgroups remain: the next start, or
 * --clean, removes them first.
 *
 * --link: the prefix of the host's veth names (nsb); two fleets at the same time need different ones. --lively: each
 * container sends itself a datagram twice a second, so that its counters grow. --working: the first N containers work twice a
 * second: 2 ms of CPU, memory that grows by a page and shrinks again, a datagram to themselves, and a frame through the veth.
 *
 * --churn: N short-lived containers are started in addition, evenly over S seconds after SIGUSR1. They look like Docker's:
 * the cgroup /NAME/docker/ID, and DIRECTORY/containers/ID/config.v2.json with the name churn-i. Each uses 2 ms of CPU, lives
 * 50 to 500 ms and exits with i % 200. Its cgroups are removed 5 to 10 ms after it was reaped, as runc does. Every fourth
 * has a veth pair, which disappears with the network namespace. The --log FILE gets a line for each when it is removed:
 *
 *     ID NAME EXIT_STATUS CPU_NS MADE_NS ATTACHED_NS ENDED_NS
 *
 * CPU_NS is the kernel's counter of the cgroup (-1 if it has none). The other times are since the epoch: before its first
 * mkdir, after its process joined all cgroups, and before the process exited. Prints "churned N SECONDS" when all are
 * removed.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_HIERARCHIES = 32, CHILD_STACK = 16 * 1024, MAX_LIVES = 512, LIFE_CPU_NS = 2000000, EXIT_STATUSES = 200, VETH_EVERY = 4, WORKING_BYTES = 64 * 4096 };

static char hierarchies[MAX_HIERARCHIES][256];
static int hierarchy_count;
static const char *name = "nscollector-bench";
static const char *link_prefix = "nsb";
static const char *docker_root;
static bool lively;
static int working;
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

/* All mounted hierarchies except the named ones (name=systemd), which have no controllers. */
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

/* A reaped process may keep its cgroup busy for a moment. */
static void remove_directory(const char *path)
{
    for (int attempt = 0; rmdir(path) != 0 && errno == EBUSY && attempt < 2000; attempt++)
        usleep(1000);
}

static void remove_below(const char *parent)
{
    DIR *directory = opendir(parent);
    if (directory == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char path[1024];
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", parent, entry->d_name);
        if (strcmp(entry->d_name, "docker") == 0)
            remove_below(path);
        remove_directory(path);
    }
    closedir(directory);
}

static void remove_cgroups(void)
{
    for (int h = 0; h < hierarchy_count; h++) {
        char parent[512];
        snprintf(parent, sizeof parent, "%s/%s", hierarchies[h], name);
        remove_below(parent);
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
        /* cpuset on v1 accepts no process before both are set; clone_children copies them to new children. */
        static const char *const cpuset[] = {"cpuset.cpus", "cpuset.mems"};
        for (int i = 0; i < 2; i++) {
            snprintf(from, sizeof from, "%s/%s", hierarchies[h], cpuset[i]);
            snprintf(to, sizeof to, "%s/%s/%s", hierarchies[h], name, cpuset[i]);
            copy_text(from, to);
        }
        snprintf(to, sizeof to, "%s/%s/cgroup.clone_children", hierarchies[h], name);
        write_text(to, "1");
        strcat(path, "/docker");
        if (docker_root != NULL && mkdir(path, 0755) != 0 && errno != EEXIST)
            die("mkdir %s", path);
    }
}

static long long clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void send_datagram(int socket_descriptor)
{
    static const char datagram[100];
    struct sockaddr_in self = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    sendto(socket_descriptor, datagram, sizeof datagram, 0, (struct sockaddr *)&self, sizeof self);
}

static void set_up(const char *interface)
{
    int socket_descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {.ifr_flags = IFF_UP};
    strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
    ioctl(socket_descriptor, SIOCSIFFLAGS, &request);
    close(socket_descriptor);
}

/* Twice a second: CPU, memory, a datagram, and a frame to the host's end of the veth, which ignores its type. */
static void work(int socket_descriptor)
{
    struct ifreq request = {.ifr_name = "eth0"};
    struct sockaddr_ll target = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_802_EX1), .sll_halen = ETH_ALEN, .sll_addr = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
    int frames = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    static const char frame[200];
    char *memory = mmap(NULL, WORKING_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    size_t used = 0;
    for (;;) {
        usleep(500000);
        /* The veth is made after this process. */
        if (target.sll_ifindex == 0 && ioctl(socket_descriptor, SIOCGIFINDEX, &request) == 0) {
            target.sll_ifindex = request.ifr_ifindex;
            set_up("eth0");
        }
        long long until = clock_ns(CLOCK_PROCESS_CPUTIME_ID) + LIFE_CPU_NS;
        while (clock_ns(CLOCK_PROCESS_CPUTIME_ID) < until) { }
        if (used == WORKING_BYTES) {
            madvise(memory, WORKING_BYTES, MADV_DONTNEED);
            used = 0;
        }
        memory[used] = 1;
        used += 4096;
        send_datagram(socket_descriptor);
        sendto(frames, frame, sizeof frame, 0, (struct sockaddr *)&target, sizeof target);
    }
}

/* The container's only process. */
static int container_main(void *argument)
{
    bool works = argument != NULL;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_IGN);
    set_up("lo");
    int socket_descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    /* Whoever reads the output of fleet must see its end even if these processes still run. */
    dup2(socket_descriptor, 0);
    syscall(SYS_close_range, lively || works ? 1U : 0U, ~0U, 0U);
    if (works)
        work(0);
    for (;;) {
        if (!lively)
            pause();
        send_datagram(0);
        usleep(500000);
    }
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

/* Makes a veth pair: host_name on the host, eth0 in the network namespace of pid. */
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

/* A short-lived container. */
struct life {
    int number; /* -1: this entry is free */
    pid_t pid;  /* 0: reaped; its cgroups are removed when `due` */
    double due;
    int life_us;
    int gate[2]; /* a pipe: it waits for a byte, which is written when it has joined its cgroups */
    char id[65];
    int exit_status;
    long long made_ns, attached_ns;
    volatile long long *ended_ns; /* in memory shared with its process */
};

static struct life lives[MAX_LIVES];

static uint64_t next_random(void)
{
    /* splitmix64, by S. Vigna */
    static uint64_t state;
    if (state == 0)
        state = (uint64_t)clock_ns(CLOCK_REALTIME) ^ ((uint64_t)getpid() << 40);
    uint64_t z = (state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static int short_lived_main(void *argument)
{
    struct life *life = argument;
    char go;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (read(life->gate[0], &go, 1) != 1)
        _exit(255);
    syscall(SYS_close_range, 0U, ~0U, 0U);
    while (clock_ns(CLOCK_PROCESS_CPUTIME_ID) < LIFE_CPU_NS) { }
    usleep((useconds_t)life->life_us);
    *life->ended_ns = clock_ns(CLOCK_REALTIME);
    _exit(life->number % EXIT_STATUSES);
}

static void write_state_file(const struct life *life)
{
    char path[512], text[256];
    snprintf(path, sizeof path, "%s/containers/%s", docker_root, life->id);
    if (mkdir(path, 0755) != 0)
        die("mkdir %s", path);
    strcat(path, "/config.v2.json");
    snprintf(text, sizeof text, "{\"ID\":\"%s\",\"Name\":\"/churn-%d\",\"Config\":{\"Image\":\"image-%d\"}}", life->id, life->number, life->number % 7);
    FILE *file = fopen(path, "we");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
        die("%s", path);
}

static void remove_state_file(const struct life *life)
{
    char path[512];
    snprintf(path, sizeof path, "%s/containers/%s/config.v2.json", docker_root, life->id);
    unlink(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
}

static void life_directory(char *path, size_t size, int hierarchy, const struct life *life)
{
    snprintf(path, size, "%s/%s/docker/%s", hierarchies[hierarchy], name, life->id);
}

static void start_life(struct life *life, int number, int netlink, volatile long long *ended_ns)
{
    char path[512], text[16];
    *life = (struct life){.number = number, .life_us = 50000 + (int)(next_random() % 450000), .ended_ns = ended_ns};
    *ended_ns = 0;
    for (int i = 0; i < 4; i++)
        snprintf(life->id + 16 * i, 17, "%016llx", (unsigned long long)next_random());
    write_state_file(life);
    if (pipe2(life->gate, O_CLOEXEC) != 0)
        die("pipe");
    life->made_ns = clock_ns(CLOCK_REALTIME);
    for (int h = 0; h < hierarchy_count; h++) {
        life_directory(path, sizeof path, h, life);
        if (mkdir(path, 0755) != 0)
            die("mkdir %s", path);
    }
    static char stack[CHILD_STACK] __attribute__((aligned(16)));
    life->pid = clone(short_lived_main, stack + sizeof stack, CLONE_NEWNET | CLONE_NEWPID | SIGCHLD, life);
    if (life->pid < 0)
        die("clone");
    if (number % VETH_EVERY == 0) {
        snprintf(path, IFNAMSIZ, "%sc%d", link_prefix, number);
        if (make_veth(netlink, path, life->pid) != 0)
            die("veth %s", path);
    }
    snprintf(text, sizeof text, "%d", life->pid);
    for (int h = 0; h < hierarchy_count; h++) {
        life_directory(path, sizeof path, h, life);
        strcat(path, "/cgroup.procs");
        if (write_text(path, text) != 0)
            die("%s", path);
    }
    life->attached_ns = clock_ns(CLOCK_REALTIME);
    if (write(life->gate[1], "g", 1) != 1)
        die("write");
    close(life->gate[0]);
    close(life->gate[1]);
}

/* CPU time of the cgroup in ns, or -1 if the kernel does not count it. */
static long long cpu_of(const struct life *life)
{
    for (int v2 = 0; v2 < 2; v2++) {
        for (int h = 0; h < hierarchy_count; h++) {
            char path[512];
            long long value = -1;
            life_directory(path, sizeof path, h, life);
            strcat(path, v2 ? "/cpu.stat" : "/cpuacct.usage");
            FILE *file = fopen(path, "re");
            if (file == NULL)
                continue;
            int found = fscanf(file, v2 ? "usage_usec %lld" : "%lld", &value);
            fclose(file);
            if (found == 1)
                return v2 ? value * 1000 : value;
        }
    }
    return -1;
}

static void end_life(struct life *life, FILE *log)
{
    char path[512];
    long long cpu_ns = cpu_of(life);
    for (int h = 0; h < hierarchy_count; h++) {
        life_directory(path, sizeof path, h, life);
        remove_directory(path);
    }
    remove_state_file(life);
    if (log != NULL)
        fprintf(log, "%s churn-%d %d %lld %lld %lld %lld\n", life->id, life->number, life->exit_status, cpu_ns, life->made_ns, life->attached_ns, *life->ended_ns);
    life->number = -1;
}

static void reap_lives(void)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (int i = 0; i < MAX_LIVES; i++) {
            struct life *life = &lives[i];
            if (life->number < 0 || life->pid != pid)
                continue;
            life->pid = 0;
            life->exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
            life->due = seconds() + 0.005 + (double)(next_random() % 5000) / 1e6;
        }
    }
}

static void churn(int total, double span, int netlink, FILE *log)
{
    double start = seconds();
    int started = 0, ended = 0;
    volatile long long *ends = mmap(NULL, MAX_LIVES * sizeof *ends, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (ends == MAP_FAILED) {
        die("mmap");
        return;
    }
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    for (int i = 0; i < MAX_LIVES; i++)
        lives[i].number = -1;
    while (ended < total && !stopping) {
        reap_lives();
        double next = seconds() + 1;
        int place = -1;
        for (int i = 0; i < MAX_LIVES; i++) {
            struct life *life = &lives[i];
            if (life->number < 0) {
                place = i;
            } else if (life->pid == 0) {
                if (life->due <= seconds()) {
                    end_life(life, log);
                    ended++;
                } else if (life->due < next) {
                    next = life->due;
                }
            }
        }
        double birth = start + span * started / total;
        if (started < total && place >= 0 && birth <= seconds()) {
            start_life(&lives[place], started, netlink, &ends[place]);
            started++;
            continue;
        }
        if (started < total && place >= 0 && birth < next)
            next = birth;
        double wait = next - seconds();
        if (wait <= 0 || ended == total)
            continue;
        struct timespec timeout = {(time_t)wait, (long)((wait - (double)(time_t)wait) * 1e9)};
        int signal_number = sigtimedwait(&signals, NULL, &timeout);
        if (signal_number > 0 && signal_number != SIGCHLD)
            stopping = signal_number;
    }
    for (int i = 0; i < MAX_LIVES; i++) {
        struct life *life = &lives[i];
        if (life->number < 0)
            continue;
        if (life->pid > 0) {
            kill(life->pid, SIGKILL);
            waitpid(life->pid, NULL, 0);
        }
        end_life(life, NULL);
    }
    if (log != NULL)
        fflush(log);
    if (!stopping) {
        printf("churned %d %.2f\n", ended, seconds() - start);
        fflush(stdout);
    }
}

int main(int count, char **arguments)
{
    int containers = 100;
    const char *list = NULL, *log_path = NULL;
    int churned = 0;
    double span = 60;
    bool clean = false;
    for (int i = 1; i < count; i++) {
        bool has_value = i + 1 < count;
        if (strcmp(arguments[i], "--name") == 0 && has_value)
            name = arguments[++i];
        else if (strcmp(arguments[i], "--count") == 0 && has_value)
            containers = atoi(arguments[++i]);
        else if (strcmp(arguments[i], "--list") == 0 && has_value)
            list = arguments[++i];
        else if (strcmp(arguments[i], "--link") == 0 && has_value)
            link_prefix = arguments[++i];
        else if (strcmp(arguments[i], "--churn") == 0 && has_value)
            churned = atoi(arguments[++i]);
        else if (strcmp(arguments[i], "--seconds") == 0 && has_value)
            span = atof(arguments[++i]);
        else if (strcmp(arguments[i], "--docker-root") == 0 && has_value)
            docker_root = arguments[++i];
        else if (strcmp(arguments[i], "--log") == 0 && has_value)
            log_path = arguments[++i];
        else if (strcmp(arguments[i], "--lively") == 0)
            lively = true;
        else if (strcmp(arguments[i], "--working") == 0 && has_value)
            working = atoi(arguments[++i]);
        else if (strcmp(arguments[i], "--clean") == 0)
            clean = true;
        else {
            fputs("usage: fleet [--name NAME] [--count N] [--list FILE] [--link PREFIX] [--lively]\n"
                  "             [--working N] [--churn N --seconds S --docker-root DIRECTORY --log FILE] [--clean]\n", stderr);
            return 2;
        }
    }
    if (churned > 0 && docker_root == NULL) {
        fputs("fleet: --churn needs --docker-root\n", stderr);
        return 2;
    }

    find_hierarchies();
    remove_cgroups();
    if (clean)
        return 0;

    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGHUP, &action, NULL);

    sigset_t begins;
    sigemptyset(&begins);
    sigaddset(&begins, SIGUSR1);
    sigprocmask(SIG_BLOCK, &begins, NULL);
    double start = seconds();
    make_parents();
    if (docker_root != NULL) {
        char path[512];
        snprintf(path, sizeof path, "%s/containers", docker_root);
        if (mkdir(path, 0755) != 0 && errno != EEXIST)
            die("mkdir %s", path);
    }
    pid_t *pids = calloc((size_t)containers, sizeof *pids);
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    FILE *file = list == NULL ? NULL : fopen(list, "we");
    int made = 0;
    static char stack[CHILD_STACK] __attribute__((aligned(16)));
    for (; made < containers && !stopping; made++) {
        /* Without CLONE_VM the child has its own copy of the stack, so one serves all. */
        pid_t pid = clone(container_main, stack + sizeof stack, CLONE_NEWNET | CLONE_NEWPID | SIGCHLD, made < working ? &working : NULL);
        if (pid < 0) {
            die("clone");
            break;
        }
        pids[made] = pid;

        char host_name[IFNAMSIZ], path[512], text[16];
        snprintf(host_name, sizeof host_name, "%s%d", link_prefix, made);
        if (make_veth(netlink, host_name, pid) != 0)
            die("veth %s", host_name);
        if (made < working)
            set_up(host_name);
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
    if (churned > 0 && !stopping) {
        /* Gives the observer time to find the idle containers. */
        sigset_t begin;
        sigemptyset(&begin);
        sigaddset(&begin, SIGUSR1);
        sigaddset(&begin, SIGTERM);
        sigaddset(&begin, SIGINT);
        sigaddset(&begin, SIGHUP);
        int signal_number = sigwaitinfo(&begin, NULL);
        if (signal_number != SIGUSR1)
            stopping = SIGTERM;
        FILE *log = log_path == NULL ? NULL : fopen(log_path, "we");
        if (log != NULL)
            setvbuf(log, NULL, _IOLBF, 0);
        if (!stopping)
            churn(churned, span, netlink, log);
        if (log != NULL)
            fclose(log);
    }
    /* The signal may come between the test and the wait, so it is unblocked only inside sigsuspend. */
    sigset_t signals, before;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, &before);
    sigdelset(&before, SIGTERM);
    sigdelset(&before, SIGINT);
    sigdelset(&before, SIGHUP);
    while (!stopping)
        sigsuspend(&before);

    for (int i = 0; i < containers; i++)
        if (pids[i] > 0)
            kill(pids[i], SIGKILL);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) { }
    remove_cgroups();
    return made == containers ? 0 : 1;
}
