namespace NsCollector.Sample.Traffic;

/// <summary>What a network namespace has exchanged with the outside.</summary>
/// <param name="RxBytes">Bytes received.</param>
/// <param name="TxBytes">Bytes sent.</param>
/// <param name="IsWhole">Whether that is everything, to the last byte.</param>
/// <param name="IsOver">Whether every interface that led out has been removed, so that nothing is counted any more.</param>
/// <param name="MayBecomeWhole">Whether what is missing may still be reported (<see cref="NsCollector.Linux.Netlink.LinkRemovals"/>).</param>
internal readonly record struct NetworkTotals(long RxBytes, long TxBytes, bool IsWhole, bool IsOver, bool MayBecomeWhole);
