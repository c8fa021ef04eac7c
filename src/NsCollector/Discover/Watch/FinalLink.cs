namespace NsCollector.Discover.Watch;

/// <summary>An interface of a container that leads out of it, whose counters are read when the container exits.</summary>
/// <param name="Name">Its name inside, one character for each byte (Latin-1).</param>
/// <param name="Peer">The index of the host's veth that is its other end; 0: none.</param>
/// <param name="PeerName">The name of that, one character for each byte.</param>
internal readonly record struct FinalLink(string Name, int Peer, string PeerName);
