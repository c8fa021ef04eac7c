using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Discover.Identify;
using NsCollector.Encode.Cadvisor;
using NsCollector.Encode.Selection;
using NsCollector.Sample;

namespace NsCollector.Tests.Encode.Cadvisor;

/// <summary>Names and limits as cAdvisor's v2.0 showed them for containers of several runtimes on cgroup v1.</summary>
public sealed class CadvisorSpecTests
{
    private const string Id = "c58aa0ff654344c7a0a981d52cb6533e93a8906a71788864fc708658e7c49ee6";
    private const string Pod = "/kubepods/burstable/pod1b2c3d4e-0001-4a5b-9c8d-000000000001";
    private const string NoLimit = "\"memory\":{\"limit\":9223372036854771712,\"swap_limit\":9223372036854771712}";
    private const string Limited = "\"memory\":{\"limit\":67108864,\"swap_limit\":134217728}";
    private const string PodLabels = "\"io.kubernetes.pod.name\":\"web-0\",\"io.kubernetes.pod.namespace\":\"prod\",\"io.kubernetes.pod.uid\":\"1b2c3d4e-0001-4a5b-9c8d-000000000001\"";

    private readonly ContainerSample _sample = new();

    public CadvisorSpecTests()
    {
        _sample.Scalars.Set(Reading.MemoryUsageBytes, 1);
        _sample.Scalars.Set(Reading.MemorySwapBytes, 0);
        _sample.Scalars.Set(Reading.CpuWeight, 1024);
    }

    [Fact]
    public void Podman_has_a_namespace_of_its_own()
    {
        SetLimit();
        Contains(
            Spec(new ContainerIdentity(ContainerRuntime.Podman, Id, "pd1", "localhost/tool:1.0", Labels: [new("app", "pd")]), "/libpod_parent/libpod-" + Id),
            $"\"aliases\":[\"pd1\",\"{Id}\"],\"namespace\":\"podman\",\"labels\":{{\"app\":\"pd\"}}", Limited, "\"image\":\"localhost/tool:1.0\"", "\"cpu\":{\"limit\":1024,\"max_limit\":0}");
    }

    [Fact]
    public void Lxc_has_the_limits_that_cAdvisor_shows_and_a_namespace()
    {
        // cAdvisor has neither namespace nor alias for /lxc.payload.lx1.
        Contains(
            Spec(new ContainerIdentity(ContainerRuntime.Lxc, "lx1"), "/lxc.payload.lx1"), "\"aliases\":[\"lx1\"],\"namespace\":\"lxc\",\"has_cpu\":", NoLimit, "\"cpu\":{\"limit\":1024,\"max_limit\":0}");
    }

    [Fact]
    public void Container_of_a_pod_has_id_and_path_as_aliases()
    {
        var identity = new ContainerIdentity(ContainerRuntime.Containerd, Id, "app", null, "prod", "web-0", "1b2c3d4e-0001-4a5b-9c8d-000000000001");
        Contains(
            Spec(identity, $"{Pod}/{Id}"),
            $"\"aliases\":[\"{Id}\",\"{Pod}/{Id}\"],\"namespace\":\"containerd\",\"labels\":{{\"io.kubernetes.container.name\":\"app\",{PodLabels}}}", NoLimit);

        // Of the pod's second container: without a limit of memory and swap together.
        _sample.Scalars.Set(Reading.MemoryLimitBytes, 64 << 20);
        Contains(Spec(identity, $"{Pod}/{Id}"), "\"memory\":{\"limit\":67108864,\"swap_limit\":9223372036854771712}");

        // The labels of a sandbox do not name a container.
        Contains(Spec(identity with { Name = KnownIdentity.Sandbox }, $"{Pod}/{Id}"), $"\"labels\":{{{PodLabels}}}");
    }

    [Fact]
    public void Labels_that_the_page_excludes_are_not_shown()
    {
        ImmutableArray<KeyValuePair<string, string>> labels = [new("app", "shop"), new("secret.key", "s3cret")];
        var options = new CadvisorOptions { Selection = new OutputSelection(new OutputChoice { ExcludeLabels = new GlobList(["secret.*"]) }) };
        string spec = Spec(new ContainerIdentity(ContainerRuntime.Docker, Id, "x", Labels: labels), "/docker/" + Id, options: options);
        Contains(spec, "\"labels\":{\"app\":\"shop\"}");
    }

    [Fact]
    public void Labels_that_become_equal_are_written_once()
    {
        ImmutableArray<KeyValuePair<string, string>> labels = [new("a\ud800", "1"), new("a\udfff", "2"), new("io.kubernetes.pod.name", "own")];
        string spec = Spec(new ContainerIdentity(ContainerRuntime.Docker, Id, "x", null, "prod", "web-0", "uid", labels), "/docker/" + Id);
        using var json = JsonDocument.Parse(spec);
        Assert.Equal(["a\ufffd=1", "io.kubernetes.pod.name=own", "io.kubernetes.container.name=x", "io.kubernetes.pod.namespace=prod", "io.kubernetes.pod.uid=uid"],
            json.RootElement.GetProperty("labels").EnumerateObject().Select(label => $"{label.Name}={label.Value}"));
    }

    [Theory]
    [InlineData("/libpod_parent")]
    [InlineData(Pod)]
    public void Cgroup_above_containers_has_neither_aliases_nor_labels(string path)
    {
        var identity = new ContainerIdentity(ContainerRuntime.Cgroup, path, null, null, "prod", "web-0", "1b2c3d4e-0001-4a5b-9c8d-000000000001");
        string spec = Spec(identity, path, isParent: true);
        Contains(spec, "\"start_time\":\"0001-01-01T00:00:00Z\"", NoLimit);
        Assert.DoesNotContain("aliases", spec, StringComparison.Ordinal);
        Assert.DoesNotContain("labels", spec, StringComparison.Ordinal);
    }

    [Fact]
    public void Root_has_no_limit_of_swap()
    {
        _sample.Scalars.Set(Reading.MemoryLimitBytes, 25_276_510_208);
        Contains(Spec(new ContainerIdentity(ContainerRuntime.Cgroup, "/"), "/", isParent: true), "\"memory\":{\"limit\":25276510208}");
    }

    [Fact]
    public void Without_accounting_of_swap_there_is_no_limit_of_it()
    {
        // A kernel with swapaccount=0 has neither memory.memsw.limit_in_bytes nor swap in memory.stat.
        _sample.Scalars.Clear();
        _sample.Scalars.Set(Reading.MemoryUsageBytes, 1);
        Contains(Spec(new ContainerIdentity(ContainerRuntime.Docker, Id), "/docker/" + Id), "\"memory\":{\"limit\":9223372036854771712}");
    }

    [Fact]
    public void Limits_of_cgroup_v2_are_converted()
    {
        _sample.HasCpuWeight = true;
        _sample.Scalars.Set(Reading.CpuWeight, 20);
        Contains(Spec(new ContainerIdentity(ContainerRuntime.Docker, Id), "/x"), "\"memory\":{\"limit\":18446744073709551615,\"swap_limit\":18446744073709551615}", "\"cpu\":{\"limit\":500,");
        SetLimit();
        Contains(Spec(new ContainerIdentity(ContainerRuntime.Docker, Id), "/x"), "\"memory\":{\"limit\":67108864,\"swap_limit\":67108864}");
    }

    private void SetLimit()
    {
        _sample.Scalars.Set(Reading.MemoryLimitBytes, 64 << 20);

        // Of swap alone: memory.memsw.limit_in_bytes of v1 is 128 MiB.
        _sample.Scalars.Set(Reading.MemorySwapLimitBytes, 64 << 20);
    }

    private static void Contains(string spec, params string[] parts) => Assert.All(parts, part => Assert.Contains(part, spec, StringComparison.Ordinal));

    private string Spec(ContainerIdentity identity, string path, bool isParent = false, CadvisorOptions? options = null)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream)) CadvisorSpec.Write(json, isV1: false, new Container(1, identity, path, null) { IsParent = isParent }, _sample, options ?? new CadvisorOptions(), null);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
