#include "cgroup.h"

#include "kernel_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The path below which a hierarchy shows the cgroup. 0; -ENOENT if it is outside the mounted root; -ENAMETOOLONG. */
static int directory_path(const nsc_hierarchy *hierarchy, const char *path, char *full, size_t capacity)
{
    if (strcmp(hierarchy->root, "/") != 0) {
        size_t root = strlen(hierarchy->root);
        if (strncmp(path, hierarchy->root, root) != 0 || (path[root] != '/' && path[root] != '\0')) return -ENOENT;
        path += root;
    }

    int length = snprintf(full, capacity, "%s%s", hierarchy->mount, path);
    return length < 0 || (size_t)length >= capacity ? -ENAMETOOLONG : 0;
}

uint64_t nsc_cgroup_inode(const nsc_plan *plan, int hierarchy, const char *path)
{
    char full[2 * NSC_CGROUP_PATH];
    struct stat status;
    if (directory_path(&plan->hierarchies[hierarchy], path, full, sizeof full) != 0) return 0;
    return lstat(full, &status) == 0 && S_ISDIR(status.st_mode) ? status.st_ino : 0;
}

int nsc_cgroup_open(const nsc_plan *plan, const nsc_cgroup *cgroup, int hierarchy)
{
    char full[2 * NSC_CGROUP_PATH];
    struct stat status;
    int error = directory_path(&plan->hierarchies[hierarchy], cgroup->path, full, sizeof full);
    if (error != 0) return error;
    int fd = open(full, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT || errno == ENOTDIR ? -ENODEV : -errno;
    error = fstat(fd, &status) != 0 ? -errno : status.st_ino != cgroup->inodes[hierarchy] ? -ENODEV : 0;
    if (error == 0) return fd;
    close(fd);
    return error;
}

int nsc_cgroup_is_removed(int directory)
{
    struct stat status;
    return fstatat(directory, "cgroup.procs", &status, AT_SYMLINK_NOFOLLOW) != 0;
}

static int occupancy_unified(const nsc_plan *plan, const nsc_cgroup *cgroup)
{
    char text[256];
    int directory = nsc_cgroup_open(plan, cgroup, plan->unified);
    if (directory < 0) return directory == -ENODEV ? NSC_CGROUP_REMOVED : directory;
    int length = nsc_text_read(directory, "cgroup.events", text, sizeof text);
    if (length == -ENOENT && nsc_cgroup_is_removed(directory)) length = -ENODEV;
    close(directory);
    if (length < 0) return length == -ENODEV ? NSC_CGROUP_REMOVED : length;
    int64_t populated = nsc_text_keyed(text, (size_t)length, "populated");
    return populated < 0 ? -EINVAL : populated == 0 ? NSC_CGROUP_EMPTY : NSC_CGROUP_POPULATED;
}

/*
 * cgroup.procs omits zombies, pids.current counts them until they are reaped. So without a process and without a cgroup
 * below it the container is empty, whatever pids.current says. Only pids.current includes the cgroups below.
 */
static int occupancy_v1(const nsc_plan *plan, const nsc_cgroup *cgroup, int hierarchy)
{
    char text[64];
    struct stat status;
    int directory = nsc_cgroup_open(plan, cgroup, hierarchy);
    if (directory < 0) return directory == -ENODEV ? NSC_CGROUP_REMOVED : directory;
    int result = NSC_CGROUP_POPULATED;
    int length = nsc_text_read(directory, "cgroup.procs", text, sizeof text);
    if (length == -ENODEV || length == -ENOENT) result = NSC_CGROUP_REMOVED;
    else if (length < 0 && length != -EFBIG) result = length;
    else if (length == 0 && fstat(directory, &status) == 0 && status.st_nlink <= 2) result = NSC_CGROUP_EMPTY;
    close(directory);
    if (result != NSC_CGROUP_POPULATED || length != 0) return result;

    if (plan->pids < 0 || cgroup->inodes[plan->pids] == 0) return result;
    directory = nsc_cgroup_open(plan, cgroup, plan->pids);
    if (directory < 0) return directory == -ENODEV ? NSC_CGROUP_REMOVED : directory;
    length = nsc_text_read(directory, "pids.current", text, sizeof text);
    close(directory);
    return length > 0 && text[0] == '0' ? NSC_CGROUP_EMPTY : result;
}

int nsc_cgroup_occupancy(const nsc_plan *plan, const nsc_cgroup *cgroup)
{
    if (plan->unified >= 0 && cgroup->inodes[plan->unified] != 0) {
        int result = occupancy_unified(plan, cgroup);
        if (result >= 0) return result;
    }

    for (int i = 0; i < plan->hierarchy_count; i++) {
        if (i != plan->unified && cgroup->inodes[i] != 0) return occupancy_v1(plan, cgroup, i);
    }

    return -ENOENT;
}

int64_t nsc_cgroup_oom_kills(const nsc_plan *plan, const nsc_cgroup *cgroup)
{
    char text[1024];
    if (plan->memory < 0 || cgroup->inodes[plan->memory] == 0) return -1;
    int directory = nsc_cgroup_open(plan, cgroup, plan->memory);
    if (directory < 0) return -1;
    int length = nsc_text_read(directory, plan->memory_is_v2 ? "memory.events" : "memory.oom_control", text, sizeof text);
    close(directory);
    return length < 0 ? -1 : nsc_text_keyed(text, (size_t)length, "oom_kill");
}
