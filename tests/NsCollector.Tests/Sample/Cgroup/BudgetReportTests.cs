using Microsoft.Extensions.Logging;
using NsCollector.Linux.Cgroup;
using NsCollector.Sample.Cgroup;

namespace NsCollector.Tests.Sample.Cgroup;

public sealed class BudgetReportTests
{
    private const long Second = 1_000_000_000;

    private readonly CapturingLogger _logger = new();

    [Fact]
    public void Budget_of_the_configuration_logs_nothing()
    {
        Assert.Empty(Run(maxHeldFiles: 4, descriptorLimit: 20_000));
    }

    [Fact]
    public void Budget_too_small_logs_once_with_numbers_and_remedy()
    {
        // 256 reserved, and of each container 3 for discovery and the watch, and its directory: 4 files of 30 are left.
        IReadOnlyList<(LogLevel Level, string Text)> entries = Run(maxHeldFiles: 0, descriptorLimit: 256 + 2 * 4 + 4);
        (LogLevel level, string text) = Assert.Single(entries);
        Assert.Equal(LogLevel.Warning, level);
        Assert.Contains("LimitNOFILE", text, StringComparison.Ordinal);
        Assert.Contains("Only 4 of the 30 cgroup files of 2 cgroups ", text, StringComparison.Ordinal);
    }

    private IReadOnlyList<(LogLevel Level, string Text)> Run(int maxHeldFiles, int descriptorLimit)
    {
        using var host = new CgroupFixture();
        host.WriteV2();
        host.Options = host.Options with { MaxHeldFiles = maxHeldFiles };
        using var sampler = new CgroupSampler(CgroupMounts.Find(host.Roots), host.Roots, host.Options, host.Counters, _logger, descriptorLimit);
        ContainerCgroup[] cgroups = [sampler.Open(CgroupFixture.NewContainer()), sampler.Open(CgroupFixture.NewContainer())];
        for (int cycle = 0; cycle < 30; cycle++)
        {
            long nowNs = (1000 + cycle * 10) * Second;
            foreach (ContainerCgroup cgroup in cgroups) sampler.Read(cgroup, host.Sample, nowNs);
            sampler.EndCycle(nowNs);
            if (cycle == 0) Assert.Empty(_logger.Entries);
        }

        foreach (ContainerCgroup cgroup in cgroups) sampler.Close(cgroup);
        return _logger.Entries;
    }
}
