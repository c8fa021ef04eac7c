using Microsoft.Extensions.Logging;
using NsCollector.Linux.Cgroup;
using NsCollector.Sample.Cgroup;

namespace NsCollector.Tests.Sample.Cgroup;

public sealed class BudgetReportTests
{
    private const long Second = 1_000_000_000;

    private readonly CapturingLogger _logger = new();

    [Fact]
    public void Budget_too_small_logs_once_with_numbers_and_remedy()
    {
        using var host = new CgroupFixture();
        host.WriteV2();
        host.Options = host.Options with { MaxHeldFiles = 4 };
        using var sampler = new CgroupSampler(CgroupMounts.Find(host.Roots), host.Roots, host.Options, host.Counters, _logger, 20_000);
        ContainerCgroup[] cgroups = [sampler.Open(CgroupFixture.NewContainer()), sampler.Open(CgroupFixture.NewContainer())];
        for (int cycle = 0; cycle < 30; cycle++)
        {
            long nowNs = (1000 + cycle * 10) * Second;
            foreach (ContainerCgroup cgroup in cgroups) sampler.Read(cgroup, host.Sample, nowNs);
            sampler.EndCycle(nowNs);
            Assert.Equal(cycle == 0 ? 0 : 1, _logger.Entries.Count);
        }

        foreach (ContainerCgroup cgroup in cgroups) sampler.Close(cgroup);

        (LogLevel level, string text) = Assert.Single(_logger.Entries);
        Assert.Equal(LogLevel.Warning, level);
        Assert.Contains("LimitNOFILE", text, StringComparison.Ordinal);
        Assert.Contains("Only 4 of the 30 cgroup files of 2 containers ", text, StringComparison.Ordinal);
    }
}
