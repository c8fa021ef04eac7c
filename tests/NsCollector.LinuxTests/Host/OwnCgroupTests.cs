using NsCollector.Linux;
using NsCollector.Linux.Cgroup;

namespace NsCollector.LinuxTests.Host;

/// <summary>The agent finds the memory cgroup that it runs in, and its limit.</summary>
public sealed class OwnCgroupTests : IDisposable
{
    private readonly TestCgroups _cgroups = new(CgroupMounts.Find(new HostRoots()).For("memory")!.MountPoint);

    public void Dispose() => _cgroups.Dispose();

    /// <summary>With a cgroup namespace of its own, as in a container, /proc/self/cgroup does not say which cgroup it is.</summary>
    [Theory]
    [InlineData]
    [InlineData("--cgroup", "/sys/fs/cgroup")]
    [InlineData("unshare --cgroup")]
    [InlineData("unshare --cgroup", "--cgroup", "/sys/fs/cgroup")]
    public void Check_shows_charge_and_lowest_limit_of_the_cgroup_it_runs_in(params string[] words)
    {
        string directory = _cgroups.Hierarchies[0] + _cgroups.Make("above/own");
        bool isV1 = File.Exists(directory + "/memory.usage_in_bytes");
        File.WriteAllText(directory + (isV1 ? "/../memory.limit_in_bytes" : "/../memory.max"), $"{600L << 20}");
        File.WriteAllText(directory + (isV1 ? "/memory.limit_in_bytes" : "/memory.max"), $"{900L << 20}");
        string[] wrapper = words is ["unshare --cgroup", ..] ? ["unshare", "--cgroup"] : [];
        string output = NsCollectorProcess.Run(
            ["check", .. words.Skip(wrapper.Length / 2)],
            through: ["sh", "-c", $"echo $$ > {directory}/cgroup.procs; exec \"$@\"", "sh", .. wrapper]).Output;
        Assert.Matches($"memory: {directory} is charged [1-9][0-9]* MiB, of it [0-9]+ MiB memory of the kernel; limit 600 MiB, enough to hold [0-9]{{5,6}} cgroup files open", output);
    }

    [Fact]
    public void Own_cgroup_of_this_process_has_its_pid()
    {
        CgroupHierarchy hierarchy = CgroupMounts.Find(new HostRoots()).For("memory")!;
        Assert.Contains($"{Environment.ProcessId}", File.ReadLines(OwnCgroup.DirectoryIn(hierarchy) + "/cgroup.procs"));
    }
}
