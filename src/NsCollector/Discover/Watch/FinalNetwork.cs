namespace NsCollector.Discover.Watch;

/// <summary>The network counters that were read when a container exited.</summary>
/// <param name="Version">Which <see cref="FinalCounterSource"/> told what to read.</param>
/// <param name="RxBytes">Bytes received, as the container counts them: the sum over <paramref name="LinksRead"/>.</param>
/// <param name="TxBytes">Bytes sent.</param>
/// <param name="LinksRead">Bit i is set if link i of that <see cref="FinalCounterSource"/> was read.</param>
/// <param name="OtherLinks">Interfaces inside that are neither lo nor one of those links; null if the namespace itself was not read.</param>
internal readonly record struct FinalNetwork(uint Version, long RxBytes, long TxBytes, ulong LinksRead, int? OtherLinks);
