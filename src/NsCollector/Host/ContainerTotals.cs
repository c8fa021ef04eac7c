using System.Collections.Immutable;

namespace NsCollector.Host;

/// <summary>The containers of this host, for <c>nscollector check</c>.</summary>
/// <param name="Included">How many of each runtime the filters include.</param>
/// <param name="NothingLeft">Which filter leaves out every container; null if one is left or none is recognised.</param>
internal sealed record ContainerTotals(ImmutableArray<ContainerCount> Included, string? NothingLeft);
