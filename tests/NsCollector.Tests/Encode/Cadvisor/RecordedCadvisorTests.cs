using System.Globalization;
using System.Text;
using System.Text.Json;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Encode.Cadvisor;
using NsCollector.Sample;
using NsCollector.Sample.History;
using NsCollector.Sample.Net;
using NsCollector.Tests.Fixtures;
using NsCollector.Tests.Sample.Cgroup;

namespace NsCollector.Tests.Encode.Cadvisor;

/// <summary>Compares each figure with the one that cAdvisor's API answered for the same files of the kernel.</summary>
public sealed class RecordedCadvisorTests : IDisposable
{
    // cAdvisor writes 0 for these on cgroup v1, which does not count them.
    private static readonly string[] NotOnV1 = ["memory.pgscan", "memory.pgsteal", "memory.events.high"];

    private readonly CgroupFixture _host = new() { Options = new SampleOptions { CpuCores = true, Limits = true } };

    public void Dispose() => _host.Dispose();

    private static readonly string[] Names =
        ["v1-burn.quarter", "v1-disk-20", "v1-mem_50", "v1-two-nets", "v1-pod-pause", "v2-burn.quarter", "v2-disk-20", "v2-two-nets", "v2-mem_50"];

    public static TheoryData<string> Recordings() => [.. Names];

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Stats_of_v1_are_those_of_cAdvisor(string name)
    {
        Dictionary<string, string> files = Read(name);
        using var recorded = JsonDocument.Parse(files["v1.3"]);
        CompareStats(name, files, CadvisorForm.V1, recorded.RootElement.GetProperty("stats")[0]);
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Stats_of_v2_0_are_those_of_cAdvisor(string name)
    {
        Dictionary<string, string> files = Read(name);
        using var recorded = JsonDocument.Parse(files["v2.0-stats"]);
        CompareStats(name, files, CadvisorForm.V2Point0, recorded.RootElement[1]);
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Stats_of_v2_1_are_those_of_cAdvisor(string name)
    {
        Dictionary<string, string> files = Read(name);
        using var recorded = JsonDocument.Parse(files["v2.1-stats"]);
        CompareStats(name, files, CadvisorForm.V2Point1, recorded.RootElement.GetProperty("stats")[1]);
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Spec_of_v1_is_that_of_cAdvisor(string name)
    {
        Dictionary<string, string> files = Read(name);
        using var recorded = JsonDocument.Parse(files["v1.3"]);
        CompareSpec(name, files, isV1: true, recorded.RootElement.GetProperty("spec"));
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Spec_of_v2_is_that_of_cAdvisor(string name)
    {
        Dictionary<string, string> files = Read(name);
        using var recorded = JsonDocument.Parse(files["v2.0-spec"]);
        CompareSpec(name, files, isV1: false, recorded.RootElement);
    }

    [Theory]
    [InlineData("v1-disk-20")]
    [InlineData("v2-disk-20")]
    public void Record_in_the_history_has_the_size_that_the_docs_say(string name)
    {
        ContainerSample sample = Sample(Read(name));
        sample.TimestampNs = 1_764_434_355_579_918_851;
        Assert.InRange(SampleHistory.HeaderBytes + HistoryRecord.Write(sample, new byte[4096]), 200, 400);
    }

    [Fact]
    public void Document_lists_each_difference_and_cAdvisor_has_each()
    {
        string[] rows = [.. File.ReadAllLines(Repository.PathOf("docs/cadvisor-api.md")).Where(line => line.StartsWith("| ", StringComparison.Ordinal))];
        HashSet<string> paths = [.. Names.SelectMany(name => Members(Read(name))).Select(CadvisorDifference.PathOf)];
        foreach (CadvisorDifference one in CadvisorDifference.All)
        {
            Assert.Contains(rows, row => row.Split(" | ")[0].Contains($"`{one.Documented}`", StringComparison.Ordinal));
            Assert.Contains(paths, path => path.StartsWith(one.Path, StringComparison.Ordinal));
        }

        static IEnumerable<string> Members(Dictionary<string, string> files)
        {
            using JsonDocument first = JsonDocument.Parse(files["v1.3"]), second = JsonDocument.Parse(files["v2.0-stats"]), third = JsonDocument.Parse(files["v2.1-stats"]);
            return [.. Leaves(first.RootElement.GetProperty("stats")[0]).Keys, .. Leaves(second.RootElement[1]).Keys, .. Leaves(third.RootElement.GetProperty("stats")[1]).Keys];
        }
    }

    private void CompareStats(string name, Dictionary<string, string> files, CadvisorForm form, JsonElement recorded)
    {
        ContainerSample sample = Sample(files);
        sample.TimestampNs = 1_764_434_355_579_918_851;
        var before = new ContainerSample();
        before.Update(sample, before);
        before.TimestampNs -= 1_000_000_000;
        Dictionary<string, string> theirs = Leaves(recorded);
        Dictionary<string, string> ours = Leaves(Write(json => CadvisorStats.Write(json, form, sample, before, new CadvisorOptions(), null)));
        Assert.Equal("2025-11-29T16:39:15.579918851Z", ours["timestamp"]);

        // cAdvisor measures neither tasks nor processes by default.
        string[] flags = ["timestamp", "has_processes", "health.status"];
        foreach ((string path, string value) in theirs)
        {
            if (flags.Contains(path)) continue;
            bool isShown = ours.TryGetValue(path, out string? own);
            if (CadvisorDifference.Has(path) || (name[1] == '1' && NotOnV1.Contains(path)))
            {
                Assert.True(own != value, $"{name}: {path} is {value}, as in cAdvisor");
                continue;
            }

            Assert.True(isShown, $"{name}: {path} is missing, cAdvisor has {value}");
            Assert.True(Expected(path, value, files, name) == own, $"{name}: {path} is {own}, cAdvisor has {value}");
        }

        // Whatever else is there must be listed here, too.
        string[] more = [.. ours.Keys.Except(theirs.Keys).Where(path => !flags.Contains(path) && !path.StartsWith("processes.threads_", StringComparison.Ordinal))];
        if (name.StartsWith("v2", StringComparison.Ordinal)) more = [.. more.Where(path => !path.EndsWith(".Discard", StringComparison.Ordinal))];
        Assert.Empty(more);
    }

    // Where the kernel says something else than cAdvisor, by the kernel's file.
    private static string Expected(string path, string cadvisor, Dictionary<string, string> files, string name)
    {
        bool isV1 = name.StartsWith("v1", StringComparison.Ordinal);
        if (path is "cpu.usage.user" or "cpu.usage.system" && isV1)
        {
            // cAdvisor reads ticks of 10 ms; both are within a tick of each other, and user and system add up.
            string value = files[path == "cpu.usage.user" ? "cpu,cpuacct/cpuacct.usage_user" : "cpu,cpuacct/cpuacct.usage_sys"].Trim();
            Assert.InRange(long.Parse(value, CultureInfo.InvariantCulture) - long.Parse(cadvisor, CultureInfo.InvariantCulture), -200_000_000, 200_000_000);
            return value;
        }

        if (path == "memory.kernel" && !isV1) return ValueIn(files["unified/memory.stat"], "kernel");
        if (path == "memory.failcnt" && !isV1) return ValueIn(files["unified/memory.events"], "max");
        int psi = path.IndexOf("psi.", StringComparison.Ordinal);
        if (psi < 0) return cadvisor;

        // On a hybrid host cAdvisor does not look for pressure, and averages change while the container sleeps.
        string resource = path[..path.IndexOf('.', StringComparison.Ordinal)] switch { "diskio" => "io", string one => one };
        string[] parts = path[(psi + 4)..].Split('.');
        string line = files[$"unified/{resource}.pressure"].Split('\n').Single(line => line.StartsWith(parts[0], StringComparison.Ordinal));
        string text = line.Split(' ').Single(word => word.StartsWith(parts[1] + "=", StringComparison.Ordinal))[(parts[1].Length + 1)..];
        if (!isV1 && parts[1] == "total") Assert.Equal(text, cadvisor);
        return double.Parse(text, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);
    }

    private static string ValueIn(string text, string key) => text.Split('\n').Single(line => line.StartsWith(key + " ", StringComparison.Ordinal))[(key.Length + 1)..];

    private void CompareSpec(string name, Dictionary<string, string> files, bool isV1, JsonElement recorded)
    {
        ContainerSample sample = Sample(files);
        sample.Scalars.Set(Reading.InfoStartedAtNs, 1_764_434_355_168_975_815);
        using var reference = JsonDocument.Parse(files["v1.3"]);
        string id = reference.RootElement.GetProperty("id").GetString()!;
        var identity = new ContainerIdentity(
            ContainerRuntime.Docker, id, name[3..], "example/tool:1.0", Labels: [new("maintainer", "example"), new("org.opencontainers.image.version", "1.0")]);
        var container = new Container(1, identity, reference.RootElement.GetProperty("name").GetString()!, null);
        Dictionary<string, string> theirs = Leaves(recorded);
        Dictionary<string, string> ours = Leaves(Write(json => CadvisorSpec.Write(json, isV1, container, sample, new CadvisorOptions(), null)));
        Assert.Equal("2025-11-29T16:39:15.168975815Z", ours["start_time"]);

        // The CPUs of a cpuset are not read, nor is the period of a quota that is not there; see the docs.
        string[] different = ["creation_time", "start_time", "has_filesystem", "has_processes", "cpu.mask", .. theirs.ContainsKey("cpu.quota") ? (string[])[] : ["cpu.period"]];

        // cAdvisor leaves out 0, which means no swap.
        if (files.GetValueOrDefault("unified/memory.swap.max") == "0\n") Assert.True(ours.Remove("memory.swap_limit", out string? swap) && swap == "0");

        // The kernel's "no limit" is no limit.
        if (theirs.GetValueOrDefault("memory.reservation") == "9223372036854771712") different = [.. different, "memory.reservation"];
        Assert.Equal(
            theirs.Where(one => !different.Contains(one.Key)).OrderBy(one => one.Key, StringComparer.Ordinal),
            ours.Where(one => !different.Contains(one.Key)).OrderBy(one => one.Key, StringComparer.Ordinal));
    }

    private static Dictionary<string, string> Read(string name)
    {
        (Dictionary<string, string> sections, string last) = RecordedSections.ReadAnswer($"Cadvisor/{name}.txt");
        sections["v2.0-spec"] = last;
        return sections;
    }

    private ContainerSample Sample(Dictionary<string, string> files)
    {
        ContainerSample sample = RecordedSections.Sample(_host, files);
        Assert.True(NetDevParser.Parse(Encoding.ASCII.GetBytes(files["net/dev"]), sample.Interfaces, loopback: false, 100, out _));

        // The name that /sys/dev/block gives to 254:0.
        for (int i = 0; i < sample.Devices.Count; i++)
        {
            if (sample.Devices[i].Key.SequenceEqual("254:0"u8)) sample.Devices[i].SetKey("vda"u8);
        }

        // Its disk was not recorded: what du(1) counted is cAdvisor's, and what it does not show is free.
        using var recorded = JsonDocument.Parse(files["v1.3"]);
        JsonElement disk = recorded.RootElement.GetProperty("stats")[0].GetProperty("filesystem")[0];
        Row root = sample.Filesystems.Add("/"u8);
        root.SetTexts(["walk"u8.ToArray(), "/x"u8.ToArray(), Encoding.ASCII.GetBytes(disk.GetProperty("device").GetString()!)]);
        root.Readings.Set(Reading.DiskUsedBytes, disk.GetProperty("base_usage").GetInt64());
        root.Readings.Set(Reading.DiskUsedInodes, disk.GetProperty("inodes").GetInt64());
        root.Readings.Set(Reading.DiskFilesystemSizeBytes, disk.GetProperty("capacity").GetInt64());
        root.Readings.Set(Reading.DiskFilesystemAvailableBytes, 1 << 30);
        return sample;
    }

    internal static JsonElement Write(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream)) write(json);
        return JsonDocument.Parse(stream.ToArray()).RootElement;
    }

    internal static Dictionary<string, string> Leaves(JsonElement element)
    {
        Dictionary<string, string> leaves = [];
        Add(element, "");
        return leaves;

        void Add(JsonElement one, string path)
        {
            if (one.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty member in one.EnumerateObject()) Add(member.Value, path.Length == 0 ? member.Name : $"{path}.{member.Name}");
            }
            else if (one.ValueKind == JsonValueKind.Array)
            {
                int index = 0;
                foreach (JsonElement item in one.EnumerateArray()) Add(item, $"{path}[{index++}]");
            }
            else
            {
                leaves[path] = one.ToString();
            }
        }
    }
}
