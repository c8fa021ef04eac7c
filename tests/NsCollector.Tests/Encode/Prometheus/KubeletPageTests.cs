using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Encode.Prometheus;
using NsCollector.Sample;
using NsCollector.Sample.Latest;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Encode.Prometheus;

/// <summary>The kubelet's form of the page, and the cgroups that contain containers on both pages.</summary>
public sealed class KubeletPageTests
{
    private const long At = 1_700_000_000_123_456_789;
    private const string PodPath = "/kubepods/burstable/pod1b2c3d4e-0001-4a5b-9c8d-000000000001";
    private const string PodLabels = ",namespace=\"shop\",pod=\"web-0\"";

    private static readonly ContainerIdentity Application = new(
        ContainerRuntime.Containerd, new string('a', 64), "web", "registry/web:1", "shop", "web-0", "1b2c3d4e-0001-4a5b-9c8d-000000000001");

    private readonly LatestSamples _samples = new(["main"], TimeSpan.FromMinutes(5));

    [Fact]
    public void Labels_and_timestamps_are_those_of_the_kubelet()
    {
        Container application = new(1, Application with { Labels = [new("tier", "x")] }, PodPath + "/a", null);
        Container pause = new(2, Application with { Id = new string('b', 64), Name = "POD", Image = "registry/pause:3" }, PodPath + "/b", null);
        Container other = new(3, new ContainerIdentity(ContainerRuntime.Docker, new string('c', 64), "db", "postgres"), "/docker/c", null);
        string[] lines = Page(PageForm.Kubelet(new PageOptions()), [application, pause, other], [Parent("/"), Parent(PodPath, "web-0")]);

        string[] seen = [.. lines.Where(line => line.StartsWith("container_memory_usage_bytes{", StringComparison.Ordinal))];
        Assert.Equal(
            [
                Line("", "/", "", "", "", ""),
                Line("", PodPath, "", "", "shop", "web-0"),
                Line("web", PodPath + "/a", "registry/web:1", new string('a', 64), "shop", "web-0"),

                // containerd gives a sandbox no container name.
                Line("", PodPath + "/b", "registry/pause:3", new string('b', 64), "shop", "web-0"),
                Line("", "/docker/c", "postgres", "db", "", ""),
            ],
            seen);
        Assert.Contains("container_spec_memory_limit_bytes{container=\"\",id=\"/docker/c\",image=\"postgres\",name=\"db\",namespace=\"\",pod=\"\"} 0", lines);
        Assert.Contains("container_scrape_error 0", lines);

        static string Line(string container, string id, string image, string name, string podNamespace, string pod) =>
            $"container_memory_usage_bytes{{container=\"{container}\",id=\"{id}\",image=\"{image}\",name=\"{name}\",namespace=\"{podNamespace}\",pod=\"{pod}\"}} 7 1700000000123";
    }

    [Fact]
    public void Machine_has_the_labels_of_cAdvisor_on_both_pages()
    {
        var host = new NsCollector.Sample.HostMetrics.HostSample { TimestampNs = At };
        host.Memory.Set(Reading.HostMemoryTotalBytes, 1024);
        host.Cpu.Set(Reading.HostCpuSockets, 1);
        var options = new PageOptions { MachineLabels = SeriesLabels.OfMachine("b-1", null, "u-1") };
        foreach ((PageForm form, string end) in ((PageForm, string)[])[(PageForm.Complete(options), ""), (PageForm.Kubelet(options), " 1700000000123")])
        {
            _samples.AcceptHost(host);
            string[] lines = Page(form, [], []);
            Assert.Contains($"machine_memory_bytes{{boot_id=\"b-1\",system_uuid=\"u-1\"}} 1024{end}", lines);
            Assert.Contains($"machine_cpu_sockets{{boot_id=\"b-1\",system_uuid=\"u-1\"}} 1{end}", lines);
            Assert.Contains("machine_scrape_error 0", lines);
        }
    }

    [Theory]
    [InlineData("Crio", "POD")]
    [InlineData("Docker", "POD")]
    [InlineData("Containerd", "")]
    public void Sandbox_has_the_container_name_of_its_runtime(string runtime, string shown)
    {
        Container pause = new(1, Application with { Runtime = Enum.Parse<ContainerRuntime>(runtime), Name = "POD" }, PodPath + "/b", null);
        Assert.Contains(Page(PageForm.Kubelet(new PageOptions()), [pause], []), line => line.StartsWith($"container_last_seen{{container=\"{shown}\",id=", StringComparison.Ordinal));
        Assert.Contains(Page(PageForm.Complete(new PageOptions()), [pause], []), line => line.StartsWith("container_last_seen{", StringComparison.Ordinal) && line.Contains(",container=\"POD\"", StringComparison.Ordinal));
    }

    [Fact]
    public void Page_has_only_names_of_cAdvisor_and_six_labels_in_each_series()
    {
        string[] cadvisor = [.. File.ReadLines(Repository.PathOf("tests/NsCollector.Tests/Encode/Prometheus/cadvisor-default.txt")).Select(line => line.Split(' ')[0])];

        // The kubelet turns on the set process, which is off in cAdvisor's defaults.
        string[] process = ["container_processes", "container_threads", "container_threads_max"];
        string[] names = [.. PageForm.Kubelet(new PageOptions()).Families.Select(family => family.Name).Where(name => !name.StartsWith("machine_", StringComparison.Ordinal))];
        Assert.Equal(process, names.Except(cadvisor).Order(StringComparer.Ordinal));

        // What the agent has of cAdvisor's defaults, the kubelet's page has.
        Assert.Empty(PageFamily.All.Select(family => family.Name).Intersect(cadvisor).Except(names));
        string[] lines = Page(PageForm.Kubelet(new PageOptions()), [new(1, Application, PodPath + "/a", null)], [Parent("/")]);
        Assert.All(lines.Where(line => line.Contains('{', StringComparison.Ordinal)), line => Assert.Equal(6, Labels(line).Count(label => label is "container" or "id" or "image" or "name" or "namespace" or "pod")));
    }

    [Fact]
    public void Name_that_is_too_long_leaves_an_empty_label()
    {
        Container container = new(1, Application with { Image = new string('x', 20_000) }, PodPath + "/a", null);
        Assert.Contains(Page(PageForm.Kubelet(new PageOptions()), [container], []), line => line.StartsWith("container_last_seen{", StringComparison.Ordinal) && line.Contains(",image=\"\",name=", StringComparison.Ordinal));
    }

    [Fact]
    public void Parent_has_only_its_path_and_the_names_of_its_pod()
    {
        string[] lines = Page(PageForm.Complete(new PageOptions()), [new(1, Application, PodPath + "/a", null)], [Parent("/"), Parent(PodPath, "web-0")]);
        Assert.Contains("container_memory_usage_bytes{id=\"/\"} 7", lines);
        Assert.Contains($"container_memory_usage_bytes{{id=\"{PodPath}\"{PodLabels}}} 7", lines);
        Assert.Equal(3, lines.Count(line => line.StartsWith("container_last_seen{", StringComparison.Ordinal)));
    }

    [Fact]
    public void Parent_that_was_not_read_leaves_the_page_and_comes_back()
    {
        Container container = new(1, Application, PodPath + "/a", null);
        Assert.Equal(["/", PodPath], Parents([Parent("/"), Parent(PodPath)]));
        Assert.Equal(["/"], Parents([Parent("/")]));
        Assert.Equal(["/", PodPath], Parents([Parent("/"), Parent(PodPath)]));

        string[] Parents(Container[] parents)
        {
            Cycle([container], parents);
            LatestCycle cycle = _samples.Acquire();
            _samples.Release(cycle);
            return [.. cycle.Containers.Where(one => one.Container.IsParent).Select(one => one.Container.CgroupPath).Order(StringComparer.Ordinal)];
        }
    }

    [Fact]
    public void Disk_series_have_the_device_of_the_file_system()
    {
        ContainerSample sample = NewSample();
        Row root = sample.Filesystems.Add("/"u8);
        root.Readings.Set(Reading.DiskUsedBytes, 40_960);
        root.Readings.Set(Reading.DiskFilesystemSizeBytes, 1 << 30);
        root.SetTexts(["walk"u8.ToArray(), "/var/lib/docker/overlay2/x/diff"u8.ToArray(), "/dev/vda"u8.ToArray()]);
        sample.FilesystemsPublished = true;
        Container container = new(1, new ContainerIdentity(ContainerRuntime.Docker, new string('c', 64), "db"), "/docker/c", null);
        string[] lines = Page(PageForm.Complete(new PageOptions()), [container], [], sample);
        Assert.Contains("container_fs_usage_bytes{id=\"/docker/c\",name=\"db\",device=\"/dev/vda\"} 40960", lines);
        Assert.Contains("container_fs_limit_bytes{id=\"/docker/c\",name=\"db\",device=\"/dev/vda\"} 1073741824", lines);
    }

    private static string[] Labels(string line) => [.. line[(line.IndexOf('{', StringComparison.Ordinal) + 1)..].Split("\",").Select(label => label.Split('=')[0])];

    private static Container Parent(string path, string? pod = null) =>
        new(-1 - path.Length, new ContainerIdentity(ContainerRuntime.Cgroup, path, Namespace: pod is null ? null : "shop", Pod: pod, PodUid: pod), path, null) { IsParent = true };

    private static ContainerSample NewSample()
    {
        var sample = new ContainerSample { TimestampNs = At };
        sample.Scalars.Set(Reading.MemoryUsageBytes, 7);
        sample.Scalars.Set(Reading.CpuUsageNs, 7);
        return sample;
    }

    private void Cycle(Container[] containers, Container[] parents, ContainerSample? sample = null)
    {
        _samples.BeginCycle(new ContainerList(1, [.. containers]));
        foreach (Container container in containers) _samples.Accept(container, sample ?? NewSample());
        foreach (Container parent in parents) _samples.AcceptParent(parent, NewSample());
        _samples.AcceptAgent(new AgentSnapshot("", new AgentSnapshot("main")));
        _samples.EndCycle(new CycleReport());
    }

    private string[] Page(PageForm form, Container[] containers, Container[] parents, ContainerSample? sample = null)
    {
        Cycle(containers, parents, sample);
        return RenderedPage.Of(form, _samples).TrimEnd('\n').Split('\n');
    }
}
