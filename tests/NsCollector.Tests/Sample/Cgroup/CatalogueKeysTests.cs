using System.Text;
using NsCollector.Catalogue;
using NsCollector.Linux.Cgroup;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;

namespace NsCollector.Tests.Sample.Cgroup;

public class CatalogueKeysTests
{
    private const string V1 =
        "1 1 0:1 / /c/cpu rw - cgroup cgroup rw,cpu,cpuacct\n2 1 0:2 / /c/memory rw - cgroup cgroup rw,memory\n"
        + "3 1 0:3 / /c/blkio rw - cgroup cgroup rw,blkio\n4 1 0:4 / /c/pids rw - cgroup cgroup rw,pids\n5 1 0:5 / /c/hugetlb rw - cgroup cgroup rw,hugetlb\n"
        + "6 1 0:6 / /c/cpuset rw - cgroup cgroup rw,cpuset\n";

    private const string V2 = "1 1 0:1 / /c rw - cgroup2 cgroup2 rw\n";

    [Theory]
    [InlineData(V1, false)]
    [InlineData(V2, true)]
    public void Catalogue_every_kernel_key_is_in_a_file_that_is_read(string mounts, bool isV2)
    {
        var plan = new CgroupFilePlan(CgroupMounts.Parse(mounts), new SampleOptions { CpuCores = true, Limits = true, MemoryDetail = true }, ["SIZE"]);
        HashSet<string> read = [.. plan.Files.Select(file => Encoding.ASCII.GetString(file.NameWithNul.AsSpan()[..^1]))];
        string[] named =
        [
            .. MetricCatalogue.Measurements
                .Where(measurement => measurement.Part is SamplePart.Scalars or SamplePart.Cores or SamplePart.Devices or SamplePart.Pressure or SamplePart.Hugetlb
                    or SamplePart.Limits or SamplePart.LimitDevices or SamplePart.LimitHugetlb or SamplePart.MemoryDetail or SamplePart.MemoryNodes)
                .SelectMany(measurement => measurement.Fields)
                .SelectMany(field => (isV2 ? field.SourceV2 : field.SourceV1).Keys)
                .Where(key => !key.File.StartsWith("/proc/", StringComparison.Ordinal))
                .Select(key => key.File.Replace("*.", "cpu.", StringComparison.Ordinal)),
        ];

        Assert.NotEmpty(named);
        Assert.All(named, file => Assert.Contains(file, read));
    }

    [Fact]
    public void Find_key_from_any_start()
    {
        KernelKeys keys = KernelKeys.Of("io.stat", isV2: true);
        for (int start = 0; start <= keys.Count; start++)
        {
            int next = start;
            Assert.Equal(Reading.BlkioReadBytes, keys[keys.Find("rbytes"u8, ref next)].Reading);
            Assert.Equal(Reading.BlkioWriteBytes, keys[keys.Find("wbytes"u8, ref next)].Reading);
            Assert.Equal(-1, keys.Find("rbyte"u8, ref next));
        }
    }

    [Fact]
    public void Catalogue_exit_total_names_source_of_copied_reading()
    {
        Field total = MetricCatalogue.FieldOf(Reading.ExitMemoryMaxUsageBytes);
        Assert.Equal(("memory.max_usage_in_bytes", "memory.peak"), (total.SourceV1.ToString(), total.SourceV2.ToString()));
    }
}
