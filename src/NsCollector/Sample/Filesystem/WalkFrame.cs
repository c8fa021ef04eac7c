namespace NsCollector.Sample.Filesystem;

/// <summary>A directory on the way from the top of a walk to where it is.</summary>
/// <param name="Descriptor">The directory; its position is after the entries that were read.</param>
/// <param name="NamesStart">Where the names of its directories that are still to be walked begin.</param>
internal readonly record struct WalkFrame(int Descriptor, int NamesStart);
