namespace NsCollector.Linux;

/// <summary>File systems that show objects of the kernel and hold no files of programs. access(2) nevertheless permits root to write to their directories.</summary>
internal static class KernelFileSystem
{
    // The types of mountinfo, which DriveInfo.DriveFormat returns. It has names of its own for some if it cannot read mountinfo.
    private static readonly HashSet<string> Types =
    [
        "binfmt_misc", "bpf", "bpf_fs", "cgroup", "cgroup2", "cgroup2fs", "cgroupfs", "configfs", "debugfs", "devpts", "efivarfs", "fusectl",
        "nsfs", "proc", "pstore", "pstorefs", "securityfs", "selinux", "selinuxfs", "sysfs", "tracefs",
    ];

    /// <summary>The type of the one that contains a directory; if the directory is missing, of its nearest existing parent.</summary>
    /// <returns>Null if it is another file system, or if its type is unknown.</returns>
    internal static string? Of(string directory)
    {
        string? existing = directory;
        while (existing is not null && !Directory.Exists(existing)) existing = Path.GetDirectoryName(existing);
        if (existing is null) return null;
        try
        {
            string type = new DriveInfo(existing).DriveFormat;
            return Types.Contains(type) ? type : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
