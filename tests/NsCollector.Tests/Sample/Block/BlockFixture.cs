using System.Text;
using NsCollector.Linux;
using NsCollector.Sample;
using NsCollector.Sample.Block;
using NsCollector.Sample.Cgroup;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Sample.Block;

/// <summary>A temporary directory that looks like sysfs and procfs to what looks for layers of block devices.</summary>
internal sealed class BlockFixture : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("nsc-block-").FullName;
    private readonly Dictionary<string, string> _directoryOf = [];
    private DeviceTotalsCalculator? _calculator;
    private long _nowNs = 1;

    public BlockFixture()
    {
        Directory.CreateDirectory(_root + "/sys/dev/block");
        Directory.CreateDirectory(_root + "/sys/class/block");
        Mounts("1 1 8:0 / / rw - ext4 /dev/sda rw");
    }

    public bool IsV2 { get; init; } = true;

    public AgentCounters Counters { get; } = new();

    public ContainerSample Sample { get; } = new();

    public HostRoots Roots => new(_root + "/proc", null, _root + "/run", _root + "/sys");

    public BlockLayers NewLayers() => new(Roots, IsV2, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(60), Counters);

    public void Mounts(params string[] lines) => Write("proc/1/mountinfo", string.Join('\n', lines) + "\n");

    public void Disk(string name, string number, params (string File, string Text)[] files)
    {
        Device(name, number, $"sys/devices/{name}");
        foreach ((string file, string text) in files) Write($"sys/devices/{name}/{file}", text);
    }

    public void Partition(string name, string number, string disk)
    {
        Device(name, number, $"sys/devices/{disk}/{name}");
        Write($"sys/devices/{disk}/{name}/partition", "1\n");
    }

    /// <summary>A device on others. Writing it again adds to what lies below.</summary>
    public void Stacked(string name, string number, string[] lower, params (string File, string Text)[] files)
    {
        Disk(name, number, files);
        foreach (string device in lower)
            File.CreateSymbolicLink($"{_root}/sys/devices/{name}/slaves/{device}", $"{_root}/{_directoryOf[device]}");
    }

    public void Remove(string name, string lower) => File.Delete($"{_root}/sys/devices/{name}/slaves/{lower}");

    public void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName($"{_root}/{path}")!);
        File.WriteAllText($"{_root}/{path}", text);
    }

    /// <summary>Empties sys/dev/block, as podman does in its containers.</summary>
    public void HideNumbers()
    {
        foreach (string link in Directory.GetFileSystemEntries(_root + "/sys/dev/block")) File.Delete(link);
    }

    public void Unplug(string name) => File.Delete($"{_root}/sys/class/block/{name}");

    public void Directories(string path) => Directory.CreateDirectory($"{_root}/{path}");

    public void Link(string path) => File.CreateSymbolicLink($"{_root}/{path}", "nowhere");

    /// <summary>Lets time pass: what lies below stacked devices is looked at again.</summary>
    public void Pass(TimeSpan time) => _nowNs += (long)(time.TotalMilliseconds * 1e6);

    /// <summary>The totals of a container with these lines: NUMBER, bytes read, bytes written.</summary>
    public (long? Read, long? Write) Totals(params (string Number, long Read, long Write)[] devices)
    {
        _calculator ??= new DeviceTotalsCalculator(NewLayers(), learns: true);
        Sample.Clear();
        var rows = new BlockDeviceRows(new BlockDeviceNames(Roots.Sys, TimeSpan.FromSeconds(60)), 256);
        rows.Begin(Sample.Devices, _nowNs);
        string text = string.Concat(devices.Select(device => $"{device.Number} rbytes={device.Read} wbytes={device.Write} rios=1 wios=1 dbytes=0 dios=0\n"));
        Assert.Equal(0, IoStatParser.Parse(Encoding.ASCII.GetBytes(text), rows));
        _calculator.Compute(Sample.Devices, isWhole: true, _nowNs, Sample.DeviceTotals);
        return (Sample.DeviceTotals.ReadBytes, Sample.DeviceTotals.WriteBytes);
    }

    /// <summary>Computes the totals of the last lines again.</summary>
    public void Again() => _calculator!.Compute(Sample.Devices, isWhole: true, _nowNs += 6_000_000_000, Sample.DeviceTotals);

    public void Dispose() => Directory.Delete(_root, true);

    private void Device(string name, string number, string directory)
    {
        _directoryOf[name] = directory;
        Write($"{directory}/dev", number + "\n");
        Directory.CreateDirectory($"{_root}/{directory}/slaves");
        foreach (string link in new[] { $"{_root}/sys/dev/block/{number}", $"{_root}/sys/class/block/{name}" })
        {
            if (!Path.Exists(link)) File.CreateSymbolicLink(link, $"{_root}/{directory}");
        }
    }
}
