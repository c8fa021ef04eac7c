namespace NsCollector.Sample.Filesystem;

/// <summary>The result of reading a mount.</summary>
/// <param name="Figures">The figures, without those that need a walk.</param>
/// <param name="WalkKey">Device and inode of the directory that must be walked to measure its usage; null if the usage is known, or cannot be measured.</param>
/// <param name="Path">The path of the directory on the host; empty if it is not known.</param>
internal sealed record MountReading(DiskFigures Figures, (ulong Device, ulong Inode)? WalkKey, byte[] Path);
