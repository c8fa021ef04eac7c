using Microsoft.Extensions.Logging;
using NsCollector.Catalogue;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample;
using NsCollector.Sample.Net;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Net;

/// <summary>Property: without permission the counters stay correct, and the missing capability is logged once.</summary>
[Collection(NamespaceTests.Name)]
public sealed class PermissionTests
{
    [Fact]
    public void Root_visits_and_logs_it()
    {
        using var visitor = new TestVisitor(new SampleOptions());
        Assert.Equal(NetworkMode.Visit, visitor.Visitor.Mode);
        Assert.Null(visitor.Visitor.Permission.Missing);
        Assert.Equal(LogLevel.Information, Assert.Single(visitor.Logger.Entries).Level);
    }

    [Theory]
    [InlineData(new[] { ThreadCapabilities.SysAdmin }, "CAP_SYS_ADMIN")]
    [InlineData(new[] { ThreadCapabilities.SysAdmin, ThreadCapabilities.SysPtrace }, "CAP_SYS_PTRACE")]
    public void Auto_without_capability_reads_proc_and_logs_once(int[] dropped, string missing)
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        using NamespaceProcess host = NamespaceProcess.StartOnHost();
        string mark = process.Mark();
        using var visiting = new TestVisitor();
        Dictionary<string, long[]> expected = NetworkFiles.Interfaces(visiting.Read(process.Directory).Interfaces);
        _ = host.Directory;

        ThreadCapabilities.Without(dropped, () =>
        {
            using var visitor = new TestVisitor(new SampleOptions());
            Assert.Equal(NetworkMode.Proc, visitor.Visitor.Mode);
            Assert.Equal(Errno.EPERM, visitor.Visitor.Permission.SetnsError);
            for (int i = 0; i < 3; i++)
            {
                ContainerSample sample = visitor.Read(process.Directory);
                Assert.Equal(expected, NetworkFiles.Interfaces(sample.Interfaces));
                Assert.True(sample.Protocols.Has(Reading.TcpInSegs));
                Assert.Equal(NetworkVisitResult.HostNamespace, visitor.Visit(host.Directory).Result);
            }

            (LogLevel level, string message) = Assert.Single(visitor.Logger.Entries);
            Assert.Equal(LogLevel.Warning, level);
            Assert.Contains(missing, message, StringComparison.Ordinal);
            Assert.Equal(0, visitor.Counters[AgentCounter.SetnsErrors]);
        });
        Assert.Contains(mark, expected.Keys);
    }

    [Fact]
    public void Visit_mode_without_capability_logs_counts_and_reads()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        using NamespaceProcess host = NamespaceProcess.StartOnHost();
        string mark = process.Mark();
        _ = (process.Directory, host.Directory);
        ThreadCapabilities.Without([ThreadCapabilities.SysAdmin, ThreadCapabilities.SysPtrace], () =>
        {
            using var visitor = new TestVisitor(new SampleOptions { Network = NetworkMode.Visit });
            Assert.Equal(NetworkMode.Visit, visitor.Visitor.Mode);
            Assert.Equal(LogLevel.Error, visitor.Logger.Entries[0].Level);
            for (int i = 0; i < 5; i++)
                Assert.Contains(mark, NetworkFiles.Interfaces(visitor.Read(process.Directory).Interfaces).Keys);
            Assert.Equal(5, visitor.Counters[AgentCounter.SetnsErrors]);

            // The host's counters are still not reported for a container.
            Assert.Equal(NetworkVisitResult.HostNamespace, visitor.Visit(host.Directory).Result);

            // The decision and one failure; further failures within a minute are only counted.
            Assert.Equal(2, visitor.Logger.Entries.Count);
        });
    }

    [Fact]
    public void Off_reads_nothing()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        using var visitor = new TestVisitor(new SampleOptions { Network = NetworkMode.Off });
        Assert.Equal(NetworkVisitResult.None, visitor.Visit(process.Directory).Result);
    }

    [Fact]
    public void Probe_leaves_thread_in_its_namespace()
    {
        string before = new FileInfo("/proc/thread-self/ns/net").LinkTarget!;
        Assert.Equal(default, NetworkPermission.Probe(new HostRoots()));
        Assert.Equal(before, new FileInfo("/proc/thread-self/ns/net").LinkTarget);
    }
}
