namespace NsCollector.Sample.Traffic;

/// <summary>One interface of a network namespace, as a look found it.</summary>
/// <param name="Index">Its number in the namespace; the kernel does not use one again.</param>
/// <param name="Name">Its name there, one character for each byte (Latin-1): any byte but '/', ':' and white space.</param>
/// <param name="LeadsOut">Whether it leads out of the namespace (<see cref="LinkRules"/>).</param>
/// <param name="Peer">The index of the host's veth that is its other end; 0: none.</param>
/// <param name="PeerName">The name of that, one character for each byte.</param>
/// <param name="RxBytes">Bytes received.</param>
/// <param name="TxBytes">Bytes sent.</param>
internal readonly record struct NamespaceLink(int Index, string Name, bool LeadsOut, int Peer, string PeerName, long RxBytes, long TxBytes);
