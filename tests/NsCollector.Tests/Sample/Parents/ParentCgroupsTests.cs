using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;
using NsCollector.Sample.Parents;
using NsCollector.Telemetry;
using NsCollector.Tests.Sample.Cgroup;

namespace NsCollector.Tests.Sample.Parents;

/// <summary>The cgroups above containers, in a directory with files of cgroup v2.</summary>
public sealed class ParentCgroupsTests : IDisposable, ISampleConsumer
{
    private const string Uid = "1b2c3d4e-0001-4a5b-9c8d-000000000001";

    private readonly CgroupFixture _host = new();
    private readonly CgroupSampler _sampler;
    private readonly ParentCgroups _parents;
    private readonly Dictionary<string, (Container Parent, Dictionary<Reading, long> Readings)> _read = [];
    private long _generation, _key;

    public ParentCgroupsTests()
    {
        _host.Write("cgroup/cgroup.controllers", "cpu io memory pids\n");
        _sampler = _host.NewSampler();
        _parents = new ParentCgroups(_sampler, 100, _host.Counters);
    }

    public void Dispose()
    {
        _parents.CloseAll();
        Assert.Equal((0, 0), (_sampler.HeldFiles, _sampler.Budget.Containers));
        _sampler.Dispose();
        _host.Dispose();
    }

    [Theory]
    [InlineData("/kubepods/burstable/pod" + Uid, true)]
    [InlineData("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1b2c3d4e_0001_4a5b_9c8d_000000000001.slice", true)]
    [InlineData("/kubepods/burstable/pod1b2c3d4e-0001-4a5b-9c8d-000000000002", false)]
    [InlineData("/kubepods/burstable/" + Uid, false)]
    public void Pod_has_the_names_of_its_containers_once_they_are_known(string path, bool isPod)
    {
        Container container = Make(path + "/c1", new ContainerIdentity(ContainerRuntime.Containerd, "c1", PodUid: Uid));
        Read(container);
        Assert.Null(_read[path].Parent.Identity.Pod);
        long key = _read[path].Parent.Key;

        Read(container with { Identity = container.Identity with { Namespace = "shop", Pod = "web-0", Name = "web" } });
        Assert.Equal(isPod ? ("shop", "web-0") : (null, null), (_read[path].Parent.Identity.Namespace, _read[path].Parent.Identity.Pod));
        Assert.Equal(key, _read[path].Parent.Key);
        Assert.All(_read.Keys.Where(other => other != path), other => Assert.Null(_read[other].Parent.Identity.Pod));
    }

    [Fact]
    public void Parents_are_those_of_the_containers_and_none_of_them()
    {
        Read(Make("/docker/outer"), Make("/docker/outer/docker/inner"), Make("/system.slice/docker-a.scope"));
        Assert.Equal(["/", "/docker", "/docker/outer/docker", "/system.slice"], _read.Keys.Order(StringComparer.Ordinal));
        Assert.All(_read.Values, one => Assert.True(one.Parent.IsParent && one.Parent.Key < 0));
        Assert.Equal(4, _read.Values.Select(one => one.Parent.Key).Distinct().Count());

        Read(Make("/docker/other"));
        Assert.Equal(["/", "/docker"], _read.Keys.Order(StringComparer.Ordinal));
        Read();
        Assert.Equal(["/"], _read.Keys);
    }

    [Fact]
    public void Root_of_v2_has_the_hosts_memory_as_limit_and_anon_and_file_as_usage()
    {
        _host.Write("cgroup/cpu.stat", "usage_usec 5000000\nuser_usec 3000000\nsystem_usec 2000000\n");
        _host.Write("cgroup/memory.stat", "anon 600000\nfile 300000\ninactive_file 200000\n");
        _host.Write("cgroup/io.stat", "8:0 rbytes=100 wbytes=200 rios=1 wios=2 dbytes=0 dios=0\n");
        _host.Write("cgroup/system.slice/memory.current", "700000\n");
        _host.Write("cgroup/system.slice/memory.stat", "anon 400000\nfile 200000\ninactive_file 100000\n");
        Read(Make("/system.slice/docker-a.scope"));

        Dictionary<Reading, long> root = _read["/"].Readings, slice = _read["/system.slice"].Readings;
        Assert.Equal((5_000_000_000, 900_000, 700_000, 1_024_000_000), (root[Reading.CpuUsageNs], root[Reading.MemoryUsageBytes], root[Reading.MemoryWorkingSetBytes], root[Reading.MemoryLimitBytes]));
        Assert.DoesNotContain(Reading.MemoryMaxUsageBytes, root.Keys);
        Assert.DoesNotContain(Reading.PidsCurrent, root.Keys);
        Assert.Equal((700_000, 600_000), (slice[Reading.MemoryUsageBytes], slice[Reading.MemoryWorkingSetBytes]));
        Assert.DoesNotContain(Reading.MemoryLimitBytes, slice.Keys);
        Assert.DoesNotContain(Reading.InfoPid, slice.Keys);
    }

    [Fact]
    public void Parent_that_no_mount_shows_is_left_out_without_an_error()
    {
        Container container = Make("/shown/one");
        _host.DeleteDirectory("cgroup/shown");
        Read(container);
        Read(container);
        Assert.Equal(["/"], _read.Keys);
        Assert.Equal(0, _host.Counters[AgentCounter.ReadErrors]);
    }

    void ISampleConsumer.BeginCycle(ContainerList containers) => throw new InvalidOperationException();

    void ISampleConsumer.Accept(Container container, ContainerSample sample) => throw new InvalidOperationException();

    void ISampleConsumer.EndCycle(in CycleReport report) => throw new InvalidOperationException();

    void ISampleConsumer.AcceptParent(Container parent, ContainerSample sample)
    {
        var readings = new Dictionary<Reading, long>();
        for (Reading reading = sample.Scalars.First; reading <= sample.Scalars.Last; reading++)
        {
            if (sample.Scalars.TryGet(reading, out long value)) readings.Add(reading, value);
        }

        _read.Add(parent.CgroupPath, (parent, readings));
    }

    private void Read(params Container[] containers)
    {
        _read.Clear();
        _parents.Read(new ContainerList(++_generation, [.. containers]), this);
    }

    private Container Make(string path, ContainerIdentity? identity = null)
    {
        _host.Write($"cgroup{path}/cpu.stat", "usage_usec 5000000\nuser_usec 3000000\nsystem_usec 2000000\n");
        return new Container(++_key, identity ?? new ContainerIdentity(ContainerRuntime.Docker, Path.GetFileName(path)), path, null);
    }
}
