namespace NsCollector.Sample.Filesystem;

/// <summary>A directory on the path from the top of a walk to its current position.</summary>
/// <param name="Descriptor">The directory; its position is after the entries that were read.</param>
/// <param name="NamesStart">Start of the names of its pending subdirectories.</param>
internal readonly record struct WalkFrame(int Descriptor, int NamesStart);
