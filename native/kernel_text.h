/* Reading and parsing the texts of procfs, sysfs and cgroupfs. */
#ifndef NSC_KERNEL_TEXT_H
#define NSC_KERNEL_TEXT_H
#include <stddef.h>
#include <stdint.h>

/* Reads a whole file into `text`. The length, or -errno: -EFBIG if it is longer than `limit`. */
int nsc_text_read(int directory, const char *name, char *text, size_t limit);

/* A decimal number of at most 18 digits, which int64_t always holds; -1 if there is none. Moves *at behind it. */
int64_t nsc_text_number(const char **at, const char *end);

/* The number in a line "KEY NUMBER"; -1 if there is none. */
int64_t nsc_text_keyed(const char *text, size_t length, const char *key);

/* One interface in /proc/net/dev. */
typedef struct nsc_net_dev {
    const char *name; /* not NUL-terminated */
    size_t name_length;
    int64_t rx_bytes;
    int64_t tx_bytes;
} nsc_net_dev;

/*
 * Parses the next interface in the text of /proc/net/dev and moves *at behind it; *lines counts the lines, from 0. Returns 1;
 * 0 at the end; -EINVAL if the text does not have that format.
 */
int nsc_text_next_net_dev(const char **at, const char *end, int *lines, nsc_net_dev *found);

#endif
