using NsCollector.Serve.Docker.Containers;

namespace NsCollector.Tests.Serve.Docker.Containers;

public sealed class LxcDetailsTests
{
    [Fact]
    public void Limits_and_mounts_of_both_cgroup_versions_are_read()
    {
        ContainerDetails details = LxcDetails.Of("""
            # lxc.uts.name = old
            lxc.uts.name = vm1
            lxc.cgroup.memory.limit_in_bytes = 1G
            lxc.cgroup2.cpu.max = 50000 100000
            lxc.cgroup2.pids.max = max
            lxc.cgroup.cpuset.cpus = 0-1
            lxc.mount.entry = /srv/my\040data data none bind,ro,create=dir 0 0
            lxc.mount.entry = proc proc proc nodev 0 0
            lxc.mount.entry = broken
            nonsense
            """u8);
        Assert.Equal(("vm1", "/sbin/init"), (details.Hostname!, details.Path!));
        Assert.Equal(
            new ResourceLimits { Memory = 1 << 30, CpuQuota = 50_000, CpuPeriod = 100_000, PidsLimit = -1, CpusetCpus = "0-1" }, details.Limits);
        Assert.Equal(new MountedDirectory("bind", null, "/srv/my data", "/data", null, "", false, ""), Assert.Single(details.Mounts));
    }

    [Theory]
    [InlineData("lxc.cgroup2.memory.max = max", null)]
    [InlineData("lxc.cgroup2.memory.max = -5", null)]
    [InlineData("lxc.cgroup2.memory.max = 99999999999999999999", null)]
    [InlineData("lxc.cgroup2.memory.max = 9999999999999G", null)]
    [InlineData("lxc.cgroup2.memory.max = 512k", 524_288L)]
    [InlineData("lxc.cgroup2.memory.max =", null)]
    public void Memory_limit_that_is_no_number_is_not_known(string line, long? bytes) =>
        Assert.Equal(bytes, LxcDetails.Of(System.Text.Encoding.UTF8.GetBytes(line)).Limits!.Memory);
}
