using System.Collections.Immutable;

namespace NsCollector.Sample.Traffic;

/// <summary>All interfaces of a network namespace, as a look found them.</summary>
/// <param name="Cookie">A number that the kernel never gives to another namespace (Linux 5.14); 0 if unknown.</param>
/// <param name="Number">The number that the agent's own namespace has for it; -1 if it has none.</param>
/// <param name="IsCertain">Whether it is certain which of them lead out.</param>
/// <param name="Links">The interfaces, without lo.</param>
internal sealed record NamespaceLinks(ulong Cookie, int Number, bool IsCertain, ImmutableArray<NamespaceLink> Links);
