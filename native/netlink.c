/*
 * Sends netlink requests in the network namespace of a process. The requests are built and the answers are parsed by the caller,
 * after the thread has come back.
 *
 * Invariants: those of visit.c. On return the thread is in the namespace that it came from. No descriptor of another namespace
 * and no socket created in it is open: each would keep it alive.
 */
#include "netlink.h"

#include "netns.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The most bytes of one part of a dump (netlink_dump, net/netlink/af_netlink.c). */
#define PART_BYTES 32768

/* Messages of one answer that the kernel makes without filling the buffer: bounds the time of a dump of empty parts. */
#define MAX_PARTS 65536

/*
 * A process with CAP_NET_ADMIN in the namespace may send to any netlink socket there, and the address of this one can be guessed
 * (netlink_autobind takes the pid). A socket that is connected to the kernel receives nothing from others
 * (netlink_getsockbyportid, net/netlink/af_netlink.c). Messages may have come before that, so readers look at the sender.
 */
int nsc_netlink_open(int32_t protocol)
{
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    if (fd < 0) return -errno;
    if (connect(fd, (const struct sockaddr *)&kernel, sizeof kernel) == 0) return fd;
    int error = errno;
    close(fd);
    return -error;
}

/* The kernel makes the next part of an answer before recv returns, so nothing is waited for. */
static ssize_t receive_part(int fd, char *part)
{
    struct sockaddr_nl from = {0};
    struct iovec vector = {part, PART_BYTES};
    struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &vector, .msg_iovlen = 1};
    ssize_t got;
    do got = recvmsg(fd, &message, MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    if (got < 0) return -errno;
    if (message.msg_flags & MSG_TRUNC) return -EMSGSIZE;
    return got == 0 || from.nl_pid != 0 ? -EBADMSG : got;
}

/* Appends the messages of one part. Returns 1 at the end of the answer or of the buffer, 0 if more parts follow, or -errno. */
static int append_part(nsc_netlink_exchange *exchange, uint32_t sequence, const char *part, size_t length)
{
    char *buffer = (char *)(uintptr_t)exchange->buffer;
    while (length >= NLMSG_HDRLEN) {
        const struct nlmsghdr *header = (const void *)part;
        if (header->nlmsg_len < NLMSG_HDRLEN || header->nlmsg_len > length || header->nlmsg_seq != sequence) return -EBADMSG;
        if (header->nlmsg_flags & NLM_F_DUMP_INTR) exchange->flags |= NSC_NETLINK_INTERRUPTED;
        if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE) {
            int32_t error = 0;
            if (header->nlmsg_len >= NLMSG_LENGTH(sizeof error)) memcpy(&error, NLMSG_DATA(header), sizeof error);
            return error < 0 ? error : 1;
        }

        size_t step = NLMSG_ALIGN(header->nlmsg_len);
        if (step > exchange->capacity - exchange->length) {
            exchange->flags |= NSC_NETLINK_TRUNCATED;
            return 1;
        }

        /* The last message of a part may lack its padding. */
        size_t copied = step < length ? step : length;
        memcpy(buffer + exchange->length, part, copied);
        memset(buffer + exchange->length + copied, 0, step - copied);
        exchange->length += (uint32_t)step;
        part += copied;
        length -= copied;
    }

    return length == 0 ? 0 : -EBADMSG;
}

static int receive_answer(int fd, nsc_netlink_exchange *exchange, uint32_t sequence)
{
    _Alignas(struct nlmsghdr) char part[PART_BYTES];
    for (int parts = 0; parts < MAX_PARTS; parts++) {
        ssize_t got = receive_part(fd, part);
        int end = got < 0 ? (int)got : append_part(exchange, sequence, part, (size_t)got);
        if (end != 0) return end < 0 ? end : 0;
    }

    return -EMSGSIZE;
}

static int is_valid(const nsc_netlink_exchange *exchange)
{
    const struct nlmsghdr *header = (const void *)(uintptr_t)exchange->request;
    return exchange->request_length >= NLMSG_HDRLEN && header->nlmsg_len == exchange->request_length
        && (header->nlmsg_flags & NLM_F_REQUEST) && (header->nlmsg_flags & (NLM_F_DUMP | NLM_F_ACK));
}

/* A socket for each: after a truncated answer, the kernel still has parts of it, and would refuse another dump there (EBUSY). */
static void make_exchange(nsc_netlink_exchange *exchange)
{
    exchange->flags = 0;
    exchange->length = 0;
    exchange->error = -EINVAL;
    if (!is_valid(exchange)) return;
    int fd = nsc_netlink_open(exchange->protocol);
    exchange->error = fd;
    if (fd < 0) return;

    const struct nlmsghdr *request = (const void *)(uintptr_t)exchange->request;
    ssize_t sent;
    do sent = send(fd, request, exchange->request_length, MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    if (sent < 0) exchange->error = -errno;
    else exchange->error = (size_t)sent == exchange->request_length ? receive_answer(fd, exchange, request->nlmsg_seq) : -EIO;
    close(fd);
}

void nsc_netlink_here(nsc_netlink_exchange *exchanges, int32_t count)
{
    for (int32_t i = 0; i < count; i++) make_exchange(&exchanges[i]);
}

typedef struct exchanging {
    nsc_netlink_exchange *exchanges;
    int32_t count;
} exchanging;

static void make_exchanges(void *context)
{
    const exchanging *wanted = context;
    nsc_netlink_here(wanted->exchanges, wanted->count);
}

int32_t nsc_netlink_inside(int32_t directory, uint64_t identity, nsc_netlink_exchange *exchanges, int32_t count)
{
    exchanging wanted = {exchanges, count};
    return nsc_netns_run(directory, identity, make_exchanges, &wanted);
}
