namespace NsCollector.Linux;

/// <summary>What the type of a file system (mountinfo) says about its space.</summary>
internal static class FilesystemTypes
{
    // Objects of the kernel, images that are always full, and mount points that would be mounted by looking at them (autofs).
    private static readonly HashSet<string> WithoutSpace =
    [
        "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "efivarfs", "erofs", "fusectl", "hugetlbfs",
        "iso9660", "mqueue", "nsfs", "proc", "pstore", "ramfs", "rpc_pipefs", "securityfs", "selinuxfs", "squashfs", "sysfs", "tracefs",
    ];

    // Beginnings of the types of file systems that a server or a user's process answers for.
    private static readonly string[] Remote =
        ["nfs", "cifs", "smb", "fuse", "9p", "ceph", "afs", "lustre", "gluster", "gpfs", "beegfs", "ocfs", "gfs", "virtiofs", "vboxsf", "coda", "orangefs"];

    // Beginnings of the types whose server answers statfs(2) with the figures of the file system below: passthrough in libfuse's
    // lo_statfs, QEMU's v9fs_statfs, virtiofsd.
    private static readonly string[] PassedOn = ["fuse", "9p", "virtiofs"];

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> WithoutSpaceSpans = WithoutSpace.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Whether it has no space that files could use up.</summary>
    internal static bool HasNoSpace(ReadOnlySpan<char> type) => WithoutSpaceSpans.Contains(type);

    /// <summary>Whether a server or another process has to answer, so that calls may never return.</summary>
    internal static bool IsRemote(string type) => Remote.Any(beginning => type.StartsWith(beginning, StringComparison.Ordinal));

    /// <summary>Whether what it says of its space may be that of another file system, whose directory it passes on.</summary>
    internal static bool MayPassOnSpace(string type) => PassedOn.Any(beginning => type.StartsWith(beginning, StringComparison.Ordinal));
}
