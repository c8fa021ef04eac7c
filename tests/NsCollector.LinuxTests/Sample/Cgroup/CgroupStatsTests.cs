using System.Text;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;
using NsCollector.Linux.Netlink;

namespace NsCollector.LinuxTests.Sample.Cgroup;

public sealed class CgroupStatsTests : IDisposable
{
    private readonly TestCgroup _group = new();
    private readonly CgroupStats _stats = new();

    public void Dispose()
    {
        _stats.Dispose();
        _group.Dispose();
    }

    [Fact]
    public void Read_v1_counts_and_others_are_errors_that_leave_the_socket_usable()
    {
        CgroupMounts mounts = CgroupMounts.Find(new HostRoots());
        string pids = mounts.For("pids")!.MountPoint + _group.Path;
        Assert.Equal(0, _stats.Error);
        System.Diagnostics.Process process = _group.Start("echo ready; while :; do :; done");
        Assert.Equal("ready", process.StandardOutput.ReadLine());

        Assert.Equal(-Errno.EINVAL, Read(mounts.Unified!.MountPoint + _group.Path, out _));
        Assert.Equal(-Errno.EINVAL, Read("/", out _));

        // The kernel does not answer at all if there is no such descriptor.
        Assert.Equal(-Errno.EAGAIN, _stats.Read(-1, out _));
        Assert.Equal(0, Read(pids, out TaskStates states));
        Assert.Equal((1UL, 0UL, 0UL), (states.Running, states.Stopped, states.IoWait));

        _stats.Dispose();
        Assert.NotEqual(0, Read(pids, out _));
    }

    private int Read(string directory, out TaskStates states)
    {
        int descriptor = Libc.Openat(Libc.AT_FDCWD, Encoding.ASCII.GetBytes(directory + "\0"), Libc.O_DIRECTORY);
        Assert.True(descriptor >= 0);
        int result = _stats.Read(descriptor, out states);
        Libc.Close(descriptor);
        return result;
    }
}
