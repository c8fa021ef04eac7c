using NsCollector.Discover;
using NsCollector.Sample;

namespace NsCollector.LinuxTests.Sample;

/// <summary>Keeps nothing, so that only the sampler's own allocations are measured.</summary>
internal sealed class SilentConsumer : ISampleConsumer
{
    public void BeginCycle(ContainerList containers)
    {
    }

    public void Accept(Container container, ContainerSample sample)
    {
    }

    public void EndCycle(in CycleReport report)
    {
    }
}
