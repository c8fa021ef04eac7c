/* The numbers that a network namespace has for others (nsid). They are freed with the namespace, and then used again. */
#ifndef NSC_NSID_H
#define NSC_NSID_H
#include <linux/netlink.h>
#include <stdint.h>
#include <sys/socket.h>

/* Instead of a number: the namespace that the socket was opened in. */
#define NSC_NSID_HERE (-1)

/* nsc_nsid_event.kind */
enum {
    NSC_NSID_ASSIGNED = 1,
    NSC_NSID_FREED = 2, /* the namespace is about to be destroyed */
    NSC_NSID_LOST = 3   /* messages were lost before this one: any number may have been freed */
};

typedef struct nsc_nsid_event {
    int32_t kind;
    int32_t number;
} nsc_nsid_event;

_Static_assert(sizeof(nsc_nsid_event) == 8, "NativeShim.NamespaceNumberEvent mirrors it");

/* The number that the namespace of a route socket has for that of a descriptor; -1 if it has none, or on an error. */
int32_t nsc_nsid_of(int fd, char *buffer, int namespace_fd);

/* The number of the namespace that a message of a socket with NETLINK_LISTEN_ALL_NSID came from, or NSC_NSID_HERE. */
int32_t nsc_nsid_of_message(struct msghdr *message);

/* Sets the number that an RTM_NEWNSID or RTM_DELNSID message is about. Returns whether it has one. */
int nsc_nsid_parse(const struct nlmsghdr *header, int32_t *number);

int32_t nsc_nsid_assign(int32_t route, int32_t directory, uint64_t identity, int32_t *is_new);
int32_t nsc_nsid_open(void);
int32_t nsc_nsid_read(int32_t fd, nsc_nsid_event *events, int32_t capacity);

#endif
