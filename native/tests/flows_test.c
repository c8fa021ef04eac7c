/* Tests of flows.c: messages that no kernel should send, and what a connection's counts prove. */
#include "check.h"
#include "../flows.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ESTABLISHED = 1, CLOSE = 7, INFO_BYTES = 280 };


typedef struct message {
    struct inet_diag_msg head;
    struct nlattr first;
    uint8_t protocol[4];
    struct nlattr info;
    uint8_t tcp[INFO_BYTES];
} message;

static message make(uint8_t state, uint64_t acked, uint64_t sent, uint64_t retransmitted)
{
    message made;
    memset(&made, 0, sizeof made);
    made.head.idiag_family = AF_INET;
    made.head.idiag_state = state;
    made.head.id.idiag_sport = htons(80);
    made.head.id.idiag_dport = htons(40000);
    made.head.id.idiag_cookie[0] = 5;
    made.head.id.idiag_cookie[1] = 1;
    made.head.id.idiag_dst[0] = htonl(0x0a000001);
    made.first = (struct nlattr){5, 10};
    made.info = (struct nlattr){sizeof made.info + INFO_BYTES, INET_DIAG_INFO};
    memcpy(made.tcp + 120, &acked, sizeof acked);
    memcpy(made.tcp + 200, &sent, sizeof sent);
    memcpy(made.tcp + 208, &retransmitted, sizeof retransmitted);
    return made;
}

/* In memory of exactly that length, so that the sanitizer finds what reads behind it. */
static int parse(const message *from, size_t length, nsc_flow *flow)
{
    void *exact = malloc(length > 0 ? length : 1);
    memcpy(exact, from, length);
    int parsed = nsc_flow_parse(exact, length, flow);
    free(exact);
    return parsed;
}

static uint32_t flags_of(message made)
{
    nsc_flow flow;
    CHECK(parse(&made, sizeof made, &flow) == 1);
    return flow.flags;
}

static void test_fields(void)
{
    nsc_flow flow;
    message made = make(CLOSE, 100, 99, 0);
    CHECK(parse(&made, sizeof made, &flow) == 1);
    CHECK(flow.cookie == ((uint64_t)1 << 32 | 5) && flow.local_port == 80 && flow.remote_port == 40000 && flow.bytes_acked == 100);
    CHECK(flow.flags == 0 && flow.namespace == -1 && flow.remote[0] == 10 && flow.remote[3] == 1 && flow.remote[4] == 0);

    made.head.idiag_family = AF_INET6;
    CHECK(parse(&made, sizeof made, &flow) == 1 && flow.flags == NSC_FLOW_IPV6 && flow.remote[0] == 10);
    memset(made.head.id.idiag_dst, 0, sizeof made.head.id.idiag_dst);
    made.head.id.idiag_dst[2] = htonl(0xffff);
    made.head.id.idiag_dst[3] = htonl(0x0a000002);
    CHECK(parse(&made, sizeof made, &flow) == 1 && flow.flags == 0 && flow.remote[0] == 10 && flow.remote[3] == 2 && flow.remote[4] == 0);
}

static void test_direction(void)
{
    CHECK(flags_of(make(CLOSE, 102, 100, 0)) == NSC_FLOW_OPENED);
    CHECK(flags_of(make(CLOSE, 102, 110, 10)) == NSC_FLOW_OPENED);
    CHECK(flags_of(make(CLOSE, 101, 100, 0)) == 0);
    CHECK(flags_of(make(CLOSE, 100, 100, 0)) == 0);
    CHECK(flags_of(make(CLOSE, 103, 100, 0)) == 0);
    CHECK(flags_of(make(ESTABLISHED, 101, 100, 0)) == NSC_FLOW_OPENED);
    CHECK(flags_of(make(ESTABLISHED, 100, 100, 0)) == NSC_FLOW_ACCEPTED);
    CHECK(flags_of(make(ESTABLISHED, 90, 100, 0)) == 0);
    message unacked = make(ESTABLISHED, 100, 100, 0);
    unacked.tcp[24] = 1;
    CHECK(flags_of(unacked) == 0);

    /* Linux before 4.19. */
    nsc_flow flow;
    message old = make(CLOSE, 102, 100, 0);
    old.info.nla_len = sizeof old.info + 208;
    CHECK(parse(&old, sizeof old - (INFO_BYTES - 208), &flow) == 1 && flow.flags == 0 && flow.bytes_acked == 102);
}

static void test_malformed(void)
{
    nsc_flow flow;
    message made = make(CLOSE, 1, 1, 0);
    for (size_t length = 0; length < sizeof made; length++) CHECK(parse(&made, length, &flow) == 0);
    message odd = made;
    odd.first.nla_len = 0;
    CHECK(parse(&odd, sizeof odd, &flow) == 0);
    odd.first.nla_len = UINT16_MAX;
    CHECK(parse(&odd, sizeof odd, &flow) == 0);
    odd = made;
    odd.info.nla_len = sizeof odd.info + 100;
    CHECK(parse(&odd, sizeof odd, &flow) == 0);
    odd = made;
    odd.head.id.idiag_dport = 0;
    CHECK(parse(&odd, sizeof odd, &flow) == 0);
    odd = made;
    odd.head.idiag_family = AF_UNIX;
    CHECK(parse(&odd, sizeof odd, &flow) == 0);
}

int main(void)
{
    test_fields();
    test_direction();
    test_malformed();
    printf("%d checks passed\n", checks);
    return 0;
}
