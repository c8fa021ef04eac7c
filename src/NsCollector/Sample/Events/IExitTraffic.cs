using NsCollector.Discover.Life;
using NsCollector.Sample.Traffic;

namespace NsCollector.Sample.Events;

/// <summary>Knows the network traffic of containers that exit.</summary>
internal interface IExitTraffic
{
    /// <summary>The traffic of a container that has exited, which owns its namespace no longer; null if it owned none, or nothing is known.</summary>
    FinalTraffic? OnExit(ContainerExit exit, SampledContainer container);

    /// <summary>The totals as known now.</summary>
    NetworkTotals TotalsOf(FinalTraffic traffic);

    /// <summary>Totals were published. What the namespace counts from now on is a later owner's.</summary>
    void OnPublished(FinalTraffic traffic, NetworkTotals totals);
}
