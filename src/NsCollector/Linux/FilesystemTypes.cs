namespace NsCollector.Linux;

/// <summary>Properties of file systems that follow from their type (mountinfo).</summary>
internal static class FilesystemTypes
{
    // Kernel file systems without space, images that are always full, and autofs, which mounts on access.
    private static readonly HashSet<string> WithoutSpace =
    [
        "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "efivarfs", "erofs", "fusectl", "hugetlbfs",
        "iso9660", "mqueue", "nsfs", "proc", "pstore", "ramfs", "rpc_pipefs", "securityfs", "selinuxfs", "squashfs", "sysfs", "tracefs",
    ];

    // Prefixes of types that depend on a server or a user process.
    private static readonly string[] Remote =
        ["nfs", "cifs", "smb", "fuse", "9p", "ceph", "afs", "lustre", "gluster", "gpfs", "beegfs", "ocfs", "gfs", "virtiofs", "vboxsf", "coda", "orangefs"];

    // Prefixes of types with servers that answer statfs(2) with the figures of the underlying file system: passthrough in libfuse's
    // lo_statfs, QEMU's v9fs_statfs, virtiofsd.
    private static readonly string[] PassedOn = ["fuse", "9p", "virtiofs"];

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> WithoutSpaceSpans = WithoutSpace.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Whether it has no limited space for files.</summary>
    internal static bool HasNoSpace(ReadOnlySpan<char> type) => WithoutSpaceSpans.Contains(type);

    /// <summary>Whether calls depend on a server or another process, so that they may never return.</summary>
    internal static bool IsRemote(string type) => Remote.Any(beginning => type.StartsWith(beginning, StringComparison.Ordinal));

    /// <summary>Whether it may report the space of another file system, because it passes on one of that file system's directories.</summary>
    internal static bool MayPassOnSpace(string type) => PassedOn.Any(beginning => type.StartsWith(beginning, StringComparison.Ordinal));
}
