using System.Globalization;
using NsCollector.Discover;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample.Filesystem;

namespace NsCollector.LinuxTests.Sample.Filesystem;

/// <summary>A process with mounts and a root of its own, as a container has.</summary>
internal sealed class DiskContainer : IDisposable
{
    private readonly NamespaceProcess _process;

    /// <param name="root">The directory that becomes its root.</param>
    /// <param name="mounts">Commands that mount something first, which nobody else sees.</param>
    /// <param name="cgroup">The path of its cgroup.</param>
    internal DiskContainer(string root, string mounts, string cgroup = "/x")
    {
        // perl needs nothing of the new root, and its name is the sign that it is there.
        string script = $$"""
            set -e
            {{mounts}}
            exec perl -e 'chroot($ARGV[0]) or die; chdir("/"); $0 = "sleep"; sleep(100000)' "$1"
            """;
        _process = NamespaceProcess.Start("unshare", "-m", "--propagation", "slave", "sh", "-c", script, "sh", root);
        Disk = new ContainerDisk(new Container(_process.Pid, new ContainerIdentity(ContainerRuntime.Cgroup, cgroup), cgroup, _process.Directory));
    }

    internal ContainerDisk Disk { get; }

    /// <summary>A command that mounts an overlay on a directory, with an upper directory.</summary>
    internal static string Overlay(string lower, string upper, string merged) =>
        string.Create(CultureInfo.InvariantCulture, $"mkdir -p {lower} {upper} {upper}.work {merged}; mount -t overlay -o lowerdir={lower},upperdir={upper},workdir={upper}.work overlay {merged}");

    public void Dispose() => _process.Dispose();
}
