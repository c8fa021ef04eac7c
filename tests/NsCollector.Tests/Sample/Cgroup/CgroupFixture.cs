using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Sample.Cgroup;

/// <summary>A temporary directory with the layout of a host: proc, sys and cgroup trees of plain files.</summary>
internal sealed class CgroupFixture : IDisposable
{
    public const string ContainerPath = "/docker/0123456789abcdef";

    private readonly string _directory = Directory.CreateTempSubdirectory("nsc-cgroup-").FullName;

    public CgroupFixture()
    {
        Write("proc/meminfo", "MemTotal:        1000000 kB\nMemFree:          500000 kB\n");
        Directory.CreateDirectory(_directory + "/sys/kernel/mm/hugepages/hugepages-2048kB");
        Directory.CreateDirectory(_directory + "/sys/kernel/mm/hugepages/hugepages-1048576kB");
        Directory.CreateDirectory(_directory + "/sys/dev/block");
        File.CreateSymbolicLink(_directory + "/sys/dev/block/8:0", "../../devices/pci0000:00/ata1/block/sda");
        Directory.CreateDirectory(_directory + "/cgroup");
    }

    public AgentCounters Counters { get; } = new();

    public ContainerSample Sample { get; } = new();

    public SampleOptions Options { get; set; } = new() { LimitsInterval = TimeSpan.FromSeconds(30) };

    public int DescriptorLimit { get; set; } = 20_000;

    public HostRoots Roots => new(_directory + "/proc", _directory + "/cgroup", _directory + "/run", _directory + "/sys");

    public void Write(string path, string text)
    {
        string fullPath = _directory + "/" + path;
        Directory.CreateDirectory(Path.GetDirectoryName(fullPath)!);
        File.WriteAllText(fullPath, text);
    }

    public string Read(string path) => File.ReadAllText(_directory + "/" + path);

    public void Delete(string path) => File.Delete(_directory + "/" + path);

    public void DeleteDirectory(string path) => Directory.Delete(_directory + "/" + path, true);

    public CgroupSampler NewSampler() =>
        new(CgroupMounts.Find(Roots), Roots, Options, Counters, NullLogger.Instance, DescriptorLimit);

    public static Container NewContainer(string path = ContainerPath, long key = 1) =>
        new(key, new ContainerIdentity(ContainerRuntime.Docker, Path.GetFileName(path)), path, null);

    public void WriteV1(string path = ContainerPath)
    {
        string cpu = "cgroup/cpu,cpuacct" + path, memory = "cgroup/memory" + path, blkio = "cgroup/blkio" + path, pids = "cgroup/pids" + path;
        Write(cpu + "/cpuacct.usage", "5000000000\n");
        Write(cpu + "/cpuacct.usage_user", "3000000000\n");
        Write(cpu + "/cpuacct.usage_sys", "2000000000\n");
        Write(cpu + "/cpuacct.stat", "user 1\nsystem 1\n");
        Write(cpu + "/cpuacct.usage_percpu", "4000000000 1000000000 \n");
        Write(cpu + "/cpu.stat", "nr_periods 10\nnr_throttled 4\nthrottled_time 700\n");
        Write(cpu + "/cpu.cfs_quota_us", "150000\n");
        Write(cpu + "/cpu.cfs_period_us", "100000\n");
        Write(cpu + "/cpu.shares", "1024\n");
        Write(memory + "/memory.usage_in_bytes", "1000000\n");
        Write(memory + "/memory.limit_in_bytes", "4000000\n");
        Write(memory + "/memory.memsw.limit_in_bytes", "6000000\n");
        Write(memory + "/memory.max_usage_in_bytes", "2000000\n");
        Write(memory + "/memory.failcnt", "3\n");
        Write(memory + "/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
        Write(memory + "/memory.kmem.usage_in_bytes", "4096\n");
        Write(memory + "/memory.kmem.tcp.usage_in_bytes", "8192\n");
        Write(memory + "/memory.stat", "cache 1\nrss 1\ntotal_cache 300000\ntotal_rss 600000\ntotal_swap 7\ntotal_inactive_file 200000\ntotal_pgfault 9\nhierarchical_memory_limit 4000000\n");
        Write(blkio + "/blkio.throttle.io_service_bytes", "8:0 Read 100\n8:0 Write 200\n8:0 Sync 300\n8:0 Async 0\n8:0 Total 300\nTotal 300\n");
        Write(blkio + "/blkio.throttle.io_serviced", "8:0 Read 1\n8:0 Write 2\n8:0 Sync 3\n8:0 Async 0\n8:0 Total 3\nTotal 3\n");
        Write(pids + "/pids.current", "5\n");
        Write(pids + "/pids.max", "100\n");
        Write(pids + "/pids.events", "max 1\n");
        Write("cgroup/freezer" + path + "/freezer.state", "THAWED\n");
        Write("cgroup/hugetlb" + path + "/hugetlb.2MB.usage_in_bytes", "2097152\n");
        Write("cgroup/hugetlb" + path + "/hugetlb.2MB.max_usage_in_bytes", "4194304\n");
        Write("cgroup/hugetlb" + path + "/hugetlb.2MB.failcnt", "6\n");
        Write("cgroup/hugetlb" + path + "/hugetlb.2MB.limit_in_bytes", "9223372036852678656\n");
        Write("cgroup/hugetlb" + path + "/hugetlb.1GB.usage_in_bytes", "0\n");
        Write("cgroup/hugetlb" + path + "/hugetlb.1GB.limit_in_bytes", "1073741824\n");
    }

    public void WriteV2(string path = ContainerPath)
    {
        string directory = "cgroup" + path;
        Write("cgroup/cgroup.controllers", "cpu io memory hugetlb pids\n");
        Write(directory + "/cgroup.controllers", "cpuset cpu io memory hugetlb pids misc\n");
        Write(directory + "/cgroup.events", "populated 1\nfrozen 0\n");
        Write(directory + "/cpu.stat", "usage_usec 5000000\nuser_usec 3000000\nsystem_usec 2000000\nnr_periods 10\nnr_throttled 4\nthrottled_usec 7\nnr_bursts 1\nburst_usec 2\n");
        Write(directory + "/cpu.max", "150000 100000\n");
        Write(directory + "/cpu.weight", "100\n");
        Write(directory + "/cpu.pressure", "some avg10=1.00 avg60=2.00 avg300=3.00 total=4\nfull avg10=5.00 avg60=6.00 avg300=7.00 total=8\n");
        Write(directory + "/io.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=14\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=18\n");
        Write(directory + "/memory.current", "1000000\n");
        Write(directory + "/memory.max", "4000000\n");
        Write(directory + "/memory.peak", "2000000\n");
        Write(directory + "/memory.swap.current", "7\n");
        Write(directory + "/memory.swap.max", "2000000\n");
        Write(directory + "/memory.events", "low 0\nhigh 0\nmax 3\noom 1\noom_kill 2\noom_group_kill 0\n");
        Write(directory + "/memory.stat", "anon 600000\nfile 300000\nkernel 4096\nsock 8192\ninactive_file 200000\npgfault 9\n");
        Write(directory + "/io.stat", "8:0 rbytes=100 wbytes=200 rios=1 wios=2 dbytes=0 dios=0\n");
        Write(directory + "/pids.current", "5\n");
        Write(directory + "/pids.max", "100\n");
        Write(directory + "/pids.peak", "8\n");
        Write(directory + "/pids.events", "max 1\n");
        Write(directory + "/hugetlb.2MB.current", "2097152\n");
        Write(directory + "/hugetlb.2MB.max", "max\n");
        Write(directory + "/hugetlb.2MB.events", "max 6\n");
        Write(directory + "/hugetlb.1GB.current", "0\n");
        Write(directory + "/hugetlb.1GB.max", "1073741824\n");
    }

    public void Dispose() => Directory.Delete(_directory, true);
}
