using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using NsCollector.Discover.Walk;
using NsCollector.Host.Configuration;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;

namespace NsCollector.Host;

/// <summary>Checks that the cgroup hierarchies and procfs can be opened.</summary>
internal static class HostDirectories
{
    /// <summary>What the messages of <c>run</c> and <c>sample</c> append to the problem.</summary>
    internal const string Remedy = "; see nscollector check";

    /// <summary>Why nothing can be sampled; null if procfs and at least one hierarchy can be opened.</summary>
    internal static string? Problem(CgroupMounts mounts, HostRoots roots)
    {
        if (mounts.Hierarchies.IsEmpty)
        {
            return roots.Cgroup is { } top && Open(top) is var error and < 0
                ? Text("the cgroup directory", top, error)
                : "no cgroup hierarchy is mounted here";
        }

        string? first = null;
        foreach (CgroupHierarchy hierarchy in WalkedHierarchies.Choose(mounts, systemdServices: false))
        {
            int opened = Open(hierarchy.MountPoint);
            if (opened == 0) return Open(roots.Proc) is var proc and < 0 ? Text("procfs", roots.Proc, proc) : null;
            first ??= Text("the cgroup hierarchy", hierarchy.MountPoint, opened);
        }

        return first;
    }

    /// <returns>0 or -errno.</returns>
    private static int Open(string directory)
    {
        int descriptor = Libc.Openat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(directory + "\0"), Libc.O_RDONLY | Libc.O_DIRECTORY);
        if (descriptor < 0) return descriptor;
        Libc.Close(descriptor);
        return 0;
    }

    private static string Text(string what, string path, int error) => string.Create(
        CultureInfo.InvariantCulture,
        $"cannot open {what} {Printable.Text(path)}: {Marshal.GetPInvokeErrorMessage(-error)} (errno {-error})");
}
