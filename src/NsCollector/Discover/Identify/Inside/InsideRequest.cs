using NsCollector.Discover.Recognise;

namespace NsCollector.Discover.Identify.Inside;

/// <summary>Asks for the name of a container inside another one.</summary>
/// <param name="Key">Identifies the answer.</param>
/// <param name="Recognised">What its path says. <see cref="RecognisedContainer.Within"/> is the container that it is inside.</param>
/// <param name="Programs">The pids of its runtime's programs there, the daemon first.</param>
/// <param name="Previous">The last answer.</param>
internal sealed record InsideRequest(long Key, RecognisedContainer Recognised, int[] Programs, KnownIdentity? Previous)
{
    /// <summary>The cgroup path of the container that it is inside.</summary>
    internal string Outer => Recognised.Within!;
}
