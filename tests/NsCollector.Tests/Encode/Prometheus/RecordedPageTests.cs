using System.Globalization;
using System.Text;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Encode.Prometheus;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;
using NsCollector.Sample.Cgroup.Limits;
using NsCollector.Sample.Net;
using NsCollector.Tests.Sample.Cgroup;

namespace NsCollector.Tests.Encode.Prometheus;

/// <summary>Compares the page with the one that cAdvisor showed for the same files of the kernel.</summary>
public sealed class RecordedPageTests : IDisposable
{
    /// <summary>The time of each sample, in seconds since the epoch.</summary>
    public const double SampledAt = 1000;

    // The container in a pod of the kubelet, containers of podman and LXC, Docker 20.10 and 29.7 on cgroup v1, and Docker 26.1 on v2.
    private static readonly string[] Names =
    [
        "v1-burn.quarter", "v1-disk-20", "v1-mem_50", "v1-two-nets", "v1-big-one", "v1-pod-app", "v1-pod-pause", "v1-shop-web-1",
        "v1-29.7-burn.quarter", "v1-29.7-disk-20", "v1-29.7-mem_50", "v1-29.7-two-nets", "v1-29.7-big-one", "v1-29.7-pod-app",
        "v1-kubepods-a", "v1-kubepods-b", "v1-podman", "v1-lxc",
        "v2-burn.quarter", "v2-disk-20", "v2-two-nets", "v2-mem_50", "v2-big-one", "v2-pod-app", "v2-pod-pause", "v2-shop-web-1",
    ];

    // The kernel's files are of after cAdvisor's reading, and the counter had grown meanwhile. A socket in TIME_WAIT was of a health
    // check, which runs every 2 s.
    private static readonly string[] ReadLater =
        ["v2-shop-web-1 container_network_tcp_usage_total", "v1-podman container_network_receive_bytes_total", "v1-podman container_network_receive_packets_total", "v1-lxc container_cpu_usage_seconds_total"];

    private readonly CgroupFixture _host = new() { Options = new SampleOptions { Limits = true, MemoryDetail = true } };

    public void Dispose() => _host.Dispose();

    public static TheoryData<string> Recordings() => [.. Names];

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Page_shows_the_values_of_cAdvisor(string name)
    {
        Dictionary<string, string> files = Sections(name);
        (Dictionary<string, double> before, Dictionary<string, double> after) = Pages(name, files);

        var wrong = new List<string>();
        Dictionary<string, double> recorded = WithCpuTotal(Series(files["page"]));
        foreach ((string series, double value) in recorded)
        {
            PageDifference? difference = PageDifference.Of(series, value, files);
            bool isShown = before.TryGetValue(series, out double low);
            if (difference is { Value: null })
            {
                if (isShown) wrong.Add($"{series} {low} is on the page: {difference.Reason}");
            }
            else if (!isShown)
            {
                wrong.Add($"{series} {value} is not on the page");
            }
            else if (ReadLater.Contains(name + " " + FamilyOf(series)))
            {
                if (!IsBetween(value, 0, low)) wrong.Add($"{series} is {low}, less than {value} before");
            }
            else if (difference?.Value is { } kernel ? !AreEqual(low, kernel) : !IsBetween(value, low, after[series]))
            {
                wrong.Add($"{series} is {low}, not {difference?.Value ?? value}");
            }
        }

        // Further series of cAdvisor's families would be counted twice in its dashboards.
        HashSet<string> families = [.. recorded.Keys.Select(FamilyOf)];
        wrong.AddRange(before.Keys.Where(series => families.Contains(FamilyOf(series)) && !recorded.ContainsKey(series) && !IsOnlyHere(series, files)).Select(series => $"{series} is not cAdvisor's"));
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void List_of_differences_has_none_that_is_equal()
    {
        HashSet<string> listed = [], different = [];
        foreach (string name in Names)
        {
            Dictionary<string, string> files = Sections(name);
            (Dictionary<string, double> own, _) = Pages(name, files);
            foreach ((string series, double value) in WithCpuTotal(Series(files["page"])))
            {
                if (PageDifference.Of(series, value, files) is not { } difference) continue;
                string item = $"{FamilyOf(series)}: {difference.Reason}";
                listed.Add(item);
                if (!own.TryGetValue(series, out double shown) || !AreEqual(shown, value)) different.Add(item);
            }
        }

        Assert.Equal(listed.Order(StringComparer.Ordinal), different.Order(StringComparer.Ordinal));
    }

    // On cgroup v2, cAdvisor leaves out dbytes of io.stat.
    private static bool IsOnlyHere(string series, Dictionary<string, string> files) =>
        FamilyOf(series) == "container_blkio_device_usage_total" && series.Contains("operation=\"Discard\"", StringComparison.Ordinal) && files.GetValueOrDefault("unified/io.stat", "").Contains("dbytes=", StringComparison.Ordinal);

    private static bool AreEqual(double left, double right) => Math.Abs(left - right) <= 1e-9 * Math.Abs(right);

    // Figures of a container that runs while cAdvisor reads are between the kernel's before and after.
    private static bool IsBetween(double value, double before, double after) =>
        AreEqual(value, before) || AreEqual(value, after) || (value > Math.Min(before, after) && value < Math.Max(before, after));

    // cAdvisor has a series for each core on v1, the page one for all.
    private static Dictionary<string, double> WithCpuTotal(Dictionary<string, double> series)
    {
        string[] cores = [.. series.Keys.Where(name => name.StartsWith("container_cpu_usage_seconds_total{cpu=\"cpu", StringComparison.Ordinal))];
        if (cores.Length == 0) return series;
        series["container_cpu_usage_seconds_total{cpu=\"total\"}"] = cores.Sum(core => series[core]);
        foreach (string core in cores) series.Remove(core);
        return series;
    }

    // The pages of the kernel's files before and after cAdvisor was asked.
    private (Dictionary<string, double> Before, Dictionary<string, double> After) Pages(string name, Dictionary<string, string> files)
    {
        Dictionary<string, double> before = Page(name, files);
        Dictionary<string, string> later = files.Where(file => file.Key.StartsWith("after ", StringComparison.Ordinal)).ToDictionary(file => file.Key["after ".Length..], file => file.Value);
        return (before, later.Count == 0 ? before : Page(name, files.ToDictionary(file => file.Key, file => later.GetValueOrDefault(file.Key, file.Value))));
    }

    private Dictionary<string, double> Page(string name, Dictionary<string, string> files)
    {
        ContainerSample sample = Read(files);
        RecordedSockets.Count(files, sample.BeginConnections());
        var container = new Container(1, new ContainerIdentity(ContainerRuntime.Docker, "0123456789abcdef", "x"), CgroupFixture.ContainerPath, null);

        // Discovery knows these.
        sample.Scalars.Set(Reading.InfoStartedAtNs, (long)Series(files["page"])["container_start_time_seconds"] * 1_000_000_000);
        if (name.EndsWith("shop-web-1", StringComparison.Ordinal)) sample.Scalars.Set(Reading.InfoHealthStatus, (long)HealthStatus.Healthy);
        return Series(RenderedPage.Of(new PageOptions { HasLimits = true, HasMemoryDetail = true, HasTcpDetail = true }, container, sample));
    }

    private ContainerSample Read(Dictionary<string, string> files)
    {
        _host.Sample.Clear();
        _host.Write("proc/meminfo", files["meminfo"]);
        foreach ((string name, string text) in files)
        {
            if (name is "meminfo" or "limits" or "page" || name.StartsWith("net/", StringComparison.Ordinal) || name.StartsWith("after ", StringComparison.Ordinal)) continue;
            int slash = name.IndexOf('/', StringComparison.Ordinal);
            string hierarchy = name[..slash] == "unified" ? "" : "/" + name[..slash];
            _host.Write($"cgroup{hierarchy}{CgroupFixture.ContainerPath}{name[slash..]}", text);
            if (name.EndsWith("cgroup.controllers", StringComparison.Ordinal)) _host.Write("cgroup/cgroup.controllers", text);
        }

        using CgroupSampler sampler = _host.NewSampler();
        ContainerCgroup cgroup = sampler.Open(CgroupFixture.NewContainer());
        Assert.Equal(CgroupReadResult.Complete, sampler.Read(cgroup, _host.Sample, 1_000_000_000_000));
        sampler.Close(cgroup);
        ContainerSample sample = _host.Sample;
        sample.TimestampNs = (long)(SampledAt * 1e9);
        if (files.TryGetValue("net/dev", out string? interfaces)) Assert.True(NetDevParser.Parse(Bytes(interfaces), sample.Interfaces, loopback: false, 100, out _));
        if (files.TryGetValue("net/snmp", out string? snmp)) Assert.True(new SnmpParser(hasDetail: true).Parse(Bytes(snmp), sample.Protocols, sample.BeginTcpDetail()));
        if (files.TryGetValue("net/netstat", out string? netstat)) Assert.True(new NetstatParser(hasDetail: true).Parse(Bytes(netstat), sample.Protocols, sample.BeginTcpDetail()));
        if (files.TryGetValue("limits", out string? limits)) InitLimits.ParseLimits(Bytes(limits), sample.Limits!.Readings);
        return sample;
    }

    // Name and labels in the order of their names, without those that identify the container.
    private static Dictionary<string, double> Series(string page)
    {
        var series = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (string line in page.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] == '#') continue;
            int space = line.LastIndexOf(' ');
            string name = line[..space];
            int brace = name.IndexOf('{', StringComparison.Ordinal);
            if (brace >= 0)
            {
                IEnumerable<string> labels = name[(brace + 1)..^1].Split(',').Where(label => label.Split('=')[0] is not ("id" or "image" or "name"));
                string all = string.Join(",", labels.Order(StringComparer.Ordinal));
                name = all.Length == 0 ? name[..brace] : $"{name[..brace]}{{{all}}}";
            }

            series[name] = double.Parse(line[(space + 1)..], CultureInfo.InvariantCulture);
        }

        return series;
    }

    private static Dictionary<string, string> Sections(string name)
    {
        using Stream stream = typeof(RecordedPageTests).Assembly.GetManifestResourceStream($"Prometheus/{name}.txt")!;
        using var reader = new StreamReader(stream);

        // The tree of these tests has one block device, sda.
        string text = reader.ReadToEnd().Replace("254:0 ", "8:0 ", StringComparison.Ordinal).Replace("/dev/vda", "/dev/sda", StringComparison.Ordinal)
            .Replace("major=\"254\"", "major=\"8\"", StringComparison.Ordinal);
        var sections = text.Split("== ", StringSplitOptions.RemoveEmptyEntries)
            .ToDictionary(section => section[..section.IndexOf('\n', StringComparison.Ordinal)], section => section[(section.IndexOf('\n', StringComparison.Ordinal) + 1)..]);
        if (!name.EndsWith("pod-app", StringComparison.Ordinal)) return sections;

        // The agent enters a shared namespace once, for the container that was there first: pod-pause (NetworkNamespaces).
        return sections.Where(section => !section.Key.Contains("net/", StringComparison.Ordinal)).ToDictionary();
    }

    private static string FamilyOf(string series) => series.Split('{')[0];

    private static byte[] Bytes(string text) => Encoding.ASCII.GetBytes(text);
}
