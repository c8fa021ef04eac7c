using NsCollector.Sample.History;
using NsCollector.Sample.Latest;

namespace NsCollector.Serve.Cadvisor;

/// <summary>What cAdvisor's API shows.</summary>
/// <param name="Samples">The samples of the last cycle.</param>
/// <param name="History">Earlier samples; null if none are kept.</param>
/// <param name="Events">The events.</param>
internal sealed record CadvisorSources(LatestSamples Samples, SampleHistory? History, EventHistory Events);
