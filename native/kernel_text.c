#include "kernel_text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int nsc_text_read(int directory, const char *name, char *text, size_t limit)
{
    size_t used = 0;
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return -errno;
    for (;;) {
        char more;
        ssize_t got = used < limit ? read(fd, text + used, limit - used) : read(fd, &more, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0 || used == limit) {
            int result = got < 0 ? -errno : got > 0 ? -EFBIG : (int)used;
            close(fd);
            return result;
        }

        used += (size_t)got;
    }
}

int64_t nsc_text_number(const char **at, const char *end)
{
    int64_t value = 0;
    const char *start = *at;
    while (*at < end && **at >= '0' && **at <= '9') {
        if (*at - start >= 18) return -1;
        value = value * 10 + (**at - '0');
        (*at)++;
    }

    return *at > start ? value : -1;
}

int64_t nsc_text_keyed(const char *text, size_t length, const char *key)
{
    const char *end = text + length;
    size_t key_length = strlen(key);
    for (const char *line = text; line < end;) {
        if ((size_t)(end - line) > key_length && memcmp(line, key, key_length) == 0 && line[key_length] == ' ') {
            const char *at = line + key_length + 1;
            return nsc_text_number(&at, end);
        }

        const char *next = memchr(line, '\n', (size_t)(end - line));
        if (!next) break;
        line = next + 1;
    }

    return -1;
}

/* dev_seq_printf_stats, net/core/net-procfs.c: "  NAME: rx_bytes packets errs drop fifo frame compressed multicast tx_bytes ...". */
static int parse_net_dev(const char *line, const char *end, nsc_net_dev *found)
{
    enum { TX_COLUMN = 8 };
    while (line < end && *line == ' ') line++;
    const char *colon = memchr(line, ':', (size_t)(end - line));
    if (!colon) return -EINVAL;
    found->name = line;
    found->name_length = (size_t)(colon - line);
    found->rx_bytes = found->tx_bytes = -1;
    const char *at = colon + 1;
    for (int column = 0; column <= TX_COLUMN; column++) {
        while (at < end && *at == ' ') at++;
        int64_t value = nsc_text_number(&at, end);
        if (column == 0) found->rx_bytes = value;
        if (column == TX_COLUMN) found->tx_bytes = value;
    }

    return found->rx_bytes < 0 || found->tx_bytes < 0 ? -EINVAL : 1;
}

int nsc_text_next_net_dev(const char **at, const char *end, int *lines, nsc_net_dev *found)
{
    while (*at < end) {
        const char *line = *at;
        const char *next = memchr(line, '\n', (size_t)(end - line));
        if (!next) return -EINVAL;
        *at = next + 1;
        if ((*lines)++ >= 2) return parse_net_dev(line, next, found);
    }

    return *lines >= 2 ? 0 : -EINVAL;
}
