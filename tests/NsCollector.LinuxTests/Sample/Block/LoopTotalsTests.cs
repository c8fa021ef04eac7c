using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.LinuxTests.Sample.Cgroup;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Block;

/// <summary>A loop device on a disk of this kernel, read and written past the page cache.</summary>
public sealed class LoopTotalsTests : IDisposable
{
    private const long Mib = 1 << 20;

    // Blocks of the file system that say where a file lies.
    private const long Metadata = Mib;

    private readonly TestCgroup _group = new();
    private readonly string _directory = Directory.CreateDirectory($"/var/tmp/nsc-loop-{Environment.ProcessId}").FullName;
    private readonly BlockDevice _disk = BlockDevice.Under("/var/tmp");
    private readonly string _loop;

    public LoopTotalsTests()
    {
        Command.Run("dd", "if=/dev/urandom", $"of={_directory}/image", "bs=1M", "count=32", "conv=fsync", "status=none");
        Command.Run("dd", "if=/dev/urandom", $"of={_directory}/beside", "bs=1M", "count=32", "conv=fsync", "status=none");
        _loop = Command.Run("losetup", "--direct-io=on", "--find", "--show", $"{_directory}/image").Trim();
    }

    public void Dispose()
    {
        _group.Dispose();
        Command.Run("losetup", "--detach", _loop);
        Directory.Delete(_directory, true);
    }

    [Theory]
    [InlineData(16, 0)]
    [InlineData(6, 9)]
    [InlineData(0, 5)]
    public void Totals_count_bytes_through_a_loop_device_once(int through, int beside)
    {
        // v1 counts a device once a limit was set on it. These limit nothing.
        foreach (string number in new[] { _disk.MajorMinor, File.ReadAllText($"/sys/block/{Path.GetFileName(_loop)}/dev").Trim() })
            _group.Write("blkio", "blkio.throttle.read_bps_device", $"{number} 100000000000");
        Process process = _group.Start($"""
            dd if={_loop} of=/dev/null bs=1M count={through} iflag=direct status=none
            dd if=/dev/zero of={_loop} bs=1M count={through} oflag=direct status=none
            dd if={_directory}/beside of=/dev/null bs=1M count={beside} iflag=direct status=none
            dd if=/dev/zero of={_directory}/beside bs=1M count={beside} oflag=direct conv=notrunc status=none
            echo done; read wait
            """);
        Assert.Equal("done", process.StandardOutput.ReadLine());

        ContainerSample sample = Read();
        long expected = (through + beside) * Mib;
        Assert.InRange(sample.DeviceTotals.ReadBytes!.Value, expected, expected + Metadata);
        Assert.InRange(sample.DeviceTotals.WriteBytes!.Value, expected, expected + Metadata);

        // The devices' own numbers are the kernel's, which charges both.
        Assert.True(sample.Devices.TrySum(Reading.BlkioReadBytes, out long sum));
        Assert.InRange(sum, expected + (through * Mib), expected + (through * Mib) + (2 * Metadata));
    }

    private ContainerSample Read()
    {
        var roots = new HostRoots();
        var sample = new ContainerSample();
        using var sampler = new CgroupSampler(CgroupMounts.Find(roots), roots, new SampleOptions(), new AgentCounters(), NullLogger.Instance);
        ContainerCgroup cgroup = sampler.Open(new Container(1, new ContainerIdentity(ContainerRuntime.Cgroup, _group.Path), _group.Path, null));
        sampler.Read(cgroup, sample, SystemClock.MonotonicNs());
        sampler.Close(cgroup);
        return sample;
    }
}
