using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;
using NsCollector.Sample.Cgroup;

namespace NsCollector.Tests.Sample.Cgroup;

public sealed class ProcessCgroupTests
{
    private const string Text = "12:memory:/other/abc\n4:cpu,cpuacct:/x:y/abc\n1:name=systemd:/s\n0::/u\n";

    [Theory]
    [InlineData(false, "memory", "/other/abc")]
    [InlineData(false, "cpuacct", "/x:y/abc")]
    [InlineData(false, "name=systemd", "/s")]
    [InlineData(false, "pids", null)]
    [InlineData(true, null, "/u")]
    public void PathOf_finds_cgroup_by_controller(bool v2, string? controller, string? expected)
    {
        var hierarchy = new CgroupHierarchy("/m", "/", v2, controller is null ? [] : [controller]);

        Assert.Equal(expected, ProcessCgroupParser.PathOf(Text, hierarchy));
        Assert.Null(ProcessCgroupParser.PathOf("", hierarchy));
        Assert.Null(ProcessCgroupParser.PathOf("no colon\n1\n2:x\n", hierarchy));
    }

    [Theory]
    [InlineData("/elsewhere/0123456789abcdef", true)]
    [InlineData("/elsewhere/another", false)]
    public void Find_other_parent_by_init_if_last_component_matches(string path, bool found)
    {
        using var host = new CgroupFixture();
        host.WriteV1();
        host.DeleteDirectory("cgroup/memory");
        host.Write("cgroup/memory" + path + "/memory.usage_in_bytes", "4711\n");
        host.Write("proc/7/cgroup", $"3:memory:{path}\n2:cpu,cpuacct:{CgroupFixture.ContainerPath}\n");
        int descriptor = Libc.Openat(Libc.AT_FDCWD, System.Text.Encoding.UTF8.GetBytes(host.Roots.Proc + "/7\0"), Libc.O_PATH | Libc.O_DIRECTORY);
        Assert.True(descriptor >= 0);
        var init = new ProcessDirectory(descriptor, 7, 0);
        using CgroupSampler sampler = host.NewSampler();

        ContainerCgroup cgroup = sampler.Open(CgroupFixture.NewContainer() with { Init = init });
        sampler.Read(cgroup, host.Sample, 1);
        sampler.Close(cgroup);
        init.Close();

        Assert.Equal(found, host.Sample.Scalars.TryGet(Reading.MemoryUsageBytes, out long usage));
        if (found) Assert.Equal(4711, usage);
    }
}
