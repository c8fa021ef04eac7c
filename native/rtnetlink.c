#include "rtnetlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

int nsc_rtnetlink_open(void)
{
    struct timeval timeout = {.tv_sec = 1, .tv_usec = 0};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) == 0) return fd;
    int error = errno;
    close(fd);
    return -error;
}

void nsc_rtnetlink_add(nsc_rtnetlink_request *request, unsigned short type, const void *value, size_t length)
{
    struct rtattr *attribute = (struct rtattr *)(void *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));
    attribute->rta_type = type;
    attribute->rta_len = (unsigned short)RTA_LENGTH(length);
    memcpy(RTA_DATA(attribute), value, length);
    request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + RTA_ALIGN(attribute->rta_len);
}

ssize_t nsc_rtnetlink_receive(int fd, char *buffer)
{
    ssize_t got;
    do got = recv(fd, buffer, NSC_RTNETLINK_BYTES, MSG_TRUNC);
    while (got < 0 && errno == EINTR);
    if (got < 0) return -errno;
    return got > NSC_RTNETLINK_BYTES ? -EMSGSIZE : got;
}

int nsc_rtnetlink_send(int fd, const nsc_rtnetlink_request *request)
{
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    ssize_t sent;
    do sent = sendto(fd, request, request->header.nlmsg_len, 0, (const struct sockaddr *)&kernel, sizeof kernel);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : 0;
}

const struct rtattr *nsc_rtnetlink_next(const char **at, size_t *left)
{
    const struct rtattr *attribute = (const void *)*at;
    if (*left < sizeof *attribute || attribute->rta_len < sizeof *attribute || attribute->rta_len > *left) return NULL;
    size_t step = RTA_ALIGN(attribute->rta_len);
    if (step > *left) step = *left;
    *at += step;
    *left -= step;
    return attribute;
}

int32_t nsc_rtnetlink_int32(const struct rtattr *attribute)
{
    int32_t value = 0;
    if (RTA_PAYLOAD(attribute) >= sizeof value) memcpy(&value, RTA_DATA(attribute), sizeof value);
    return value;
}

static void copy_text(char *to, size_t size, const struct rtattr *attribute)
{
    size_t length = RTA_PAYLOAD(attribute);
    memcpy(to, RTA_DATA(attribute), length < size ? length : size);
    to[size - 1] = '\0';
}

static void parse_kind(const struct rtattr *information, nsc_link_info *info)
{
    const char *rest = RTA_DATA(information);
    size_t left = RTA_PAYLOAD(information);
    for (const struct rtattr *at; (at = nsc_rtnetlink_next(&rest, &left)) != NULL;) {
        if (at->rta_type == IFLA_INFO_KIND) copy_text(info->kind, sizeof info->kind, at);
    }
}

void nsc_rtnetlink_parse_link(const struct nlmsghdr *message, nsc_link_info *info)
{
    const struct ifinfomsg *link = NLMSG_DATA(message);
    const char *rest = (const char *)link + NLMSG_ALIGN(sizeof *link);
    size_t left = message->nlmsg_len - NLMSG_LENGTH(sizeof *link);
    memset(info, 0, sizeof *info);
    info->index = link->ifi_index;
    info->flags = link->ifi_flags;
    info->link_ns = -1;
    for (const struct rtattr *at; (at = nsc_rtnetlink_next(&rest, &left)) != NULL;) {
        size_t length = RTA_PAYLOAD(at);
        switch (at->rta_type & NLA_TYPE_MASK) {
        case IFLA_LINK: info->link = nsc_rtnetlink_int32(at); break;
        case IFLA_LINK_NETNSID: info->link_ns = nsc_rtnetlink_int32(at); break;
        case IFLA_MASTER: info->master = nsc_rtnetlink_int32(at); break;
        case IFLA_LINKINFO: parse_kind(at, info); break;
        case IFLA_IFNAME: copy_text(info->name, sizeof info->name, at); break;
        case IFLA_STATS64: {
            struct rtnl_link_stats64 statistics;
            memset(&statistics, 0, sizeof statistics);
            memcpy(&statistics, RTA_DATA(at), length < sizeof statistics ? length : sizeof statistics);
            info->has_counters = 1;
            info->rx_bytes = statistics.rx_bytes;
            info->tx_bytes = statistics.tx_bytes;
            break;
        }
        default: break;
        }
    }
}
