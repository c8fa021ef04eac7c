using System.Text;
using System.Text.Json;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Encode.Cadvisor;
using NsCollector.Sample;
using NsCollector.Sample.HostMetrics;
using NsCollector.Tests.Fixtures;

namespace NsCollector.Tests.Encode.Cadvisor;

/// <summary>
/// Compares the members of the root and of /docker with those that cAdvisor answered. The kernel's files of these were not recorded, so the
/// agent's sample has every reading, and only names are compared.
/// </summary>
public sealed class RecordedRootTests
{
    [Theory]
    [InlineData("v1-root", "v1.3", "/")]
    [InlineData("v1-root", "v1.3-docker", "/docker")]
    [InlineData("v1-root", "v2.1-machinestats", "/")]
    [InlineData("v2-root", "v1.3", "/")]
    [InlineData("v2-root", "v2.1-machinestats", "/")]
    public void Stats_have_the_members_of_cAdvisor(string recording, string answer, string path)
    {
        using var recorded = JsonDocument.Parse(RecordedSections.Read($"Cadvisor/{recording}.txt")[answer]);
        bool isMachine = answer.StartsWith("v2.1", StringComparison.Ordinal), isRoot = path == "/";
        JsonElement stats = isMachine ? recorded.RootElement : recorded.RootElement.GetProperty("stats")[0];
        ContainerSample sample = Complete(), before = Complete();
        before.TimestampNs -= 1_000_000_000;
        HostSample? host = isRoot ? NewHost() : null;
        HashSet<string> ours = Paths(RecordedCadvisorTests.Write(json =>
            CadvisorStats.Write(json, isMachine ? CadvisorForm.Machine : CadvisorForm.V1, sample, before, new CadvisorOptions(), host)));

        // All sets of readings are there, but of file systems the root has those of the host.
        string[] missing = [.. Paths(stats).Except(ours).Where(member => !CadvisorDifference.Has(member)).Order(StringComparer.Ordinal)];
        Assert.Equal(isRoot ? CadvisorDifference.OfRoot.Where(one => isMachine == one.Path.EndsWith('.')).Select(one => one.Path) : [], missing.Select(OfRoot).Distinct());

        static string OfRoot(string member) => CadvisorDifference.OfRoot.FirstOrDefault(one => member.StartsWith(one.Path, StringComparison.Ordinal))?.Path ?? member;
    }

    [Theory]
    [InlineData("v1-root", "v1.3", "/")]
    [InlineData("v1-root", "v1.3-docker", "/docker")]
    [InlineData("v2-root", "v1.3", "/")]
    public void Spec_has_the_members_of_cAdvisor(string recording, string answer, string path)
    {
        using var recorded = JsonDocument.Parse(RecordedSections.Read($"Cadvisor/{recording}.txt")[answer]);
        var container = new Container(-1, new ContainerIdentity(ContainerRuntime.Cgroup, path), path, null) { IsParent = true };
        HashSet<string> ours = Paths(RecordedCadvisorTests.Write(json =>
            CadvisorSpec.Write(json, isV1: true, container, Complete(), new CadvisorOptions(), path == "/" ? NewHost() : null)));
        string[] missing = [.. Paths(recorded.RootElement.GetProperty("spec")).Except(ours)];

        // docs/cadvisor-api.md: spec.cpu.mask; and the root has no reservation.
        Assert.All(missing, member => Assert.True(member == "cpu.mask" || (path == "/" && member == "memory.reservation"), member));
    }

    [Fact]
    public void Network_has_the_members_of_cAdvisor()
    {
        using var recorded = JsonDocument.Parse(RecordedSections.Read("Cadvisor/v2-root.txt")["network"]);
        HashSet<string> ours = Paths(RecordedCadvisorTests.Write(json => CadvisorStats.Write(json, CadvisorForm.V1, Complete(), null, new CadvisorOptions(), null)));
        string[] members = [.. Paths(recorded.RootElement).Select(path => "network." + path)];
        Assert.Equal(30 + 99, members.Length);
        Assert.Equal(members.Order(StringComparer.Ordinal), ours.Where(path => path.Split('.') is ["network", _, _] parts && parts[1] != "interfaces").Order(StringComparer.Ordinal));
    }

    private static HashSet<string> Paths(JsonElement element) => [.. RecordedCadvisorTests.Leaves(element).Keys.Select(CadvisorDifference.PathOf)];

    private static ContainerSample Complete()
    {
        var sample = new ContainerSample { TimestampNs = 1_764_434_355_579_918_851 };
        Fill(sample.Scalars);
        Fill(sample.Protocols);
        Fill(sample.BeginConnections());
        Fill(sample.BeginLimits().Readings);
        for (int i = 0; i < TcpDetailFigures.Names.Length; i++) sample.BeginTcpDetail().Set(i, 1);
        foreach (string resource in (string[])["cpu", "memory", "io"]) Fill(sample.Pressure.Add(Encoding.ASCII.GetBytes(resource)).Readings);
        Fill(sample.Cores.Add("0"u8).Readings);
        Fill(sample.Devices.Add("vda"u8).Readings);
        Fill(sample.Interfaces.Add("eth0"u8).Readings);
        return sample;
    }

    private static HostSample NewHost()
    {
        var host = new HostSample { TimestampNs = 1_764_434_355_579_918_851 };
        Fill(host.Interfaces.Add("eth0"u8).Readings);
        Row row = host.Filesystems.Add("/"u8);
        row.SetMoreKeys(["/dev/vda"u8.ToArray(), "ext4"u8.ToArray()]);
        Fill(row.Readings);
        return host;
    }

    private static void Fill(ReadingSet readings)
    {
        for (Reading reading = readings.First; reading <= readings.Last; reading++) readings.Set(reading, 1);
    }
}
