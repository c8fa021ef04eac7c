using NsCollector.Discover;
using NsCollector.Sample.Flows;
using NsCollector.Sample.Traffic;

namespace NsCollector.Sample.Events;

/// <summary>An exit that is not handed over yet, because the last counters of interfaces may still be reported.</summary>
/// <param name="Container">Which has exited.</param>
/// <param name="Sample">Its totals.</param>
/// <param name="Traffic">Its network traffic.</param>
/// <param name="Flows">The connections of the namespace that it owned; null if they are not reported.</param>
/// <param name="SinceNs">When it was queued, on the monotonic clock.</param>
internal sealed record PendingExit(Container Container, ExitSample Sample, FinalTraffic Traffic, FlowNamespace? Flows, long SinceNs);
