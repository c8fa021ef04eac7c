namespace NsCollector.Sample.Filesystem;

/// <summary>What was read of a mount.</summary>
/// <param name="Figures">The figures, without those that a walk has to find.</param>
/// <param name="WalkKey">The device and inode of the directory that must be walked to know what is used; null if that is known, or cannot be found.</param>
/// <param name="Path">The path of the directory on the host; empty if it is not known.</param>
internal sealed record MountReading(DiskFigures Figures, (ulong Device, ulong Inode)? WalkKey, byte[] Path);
