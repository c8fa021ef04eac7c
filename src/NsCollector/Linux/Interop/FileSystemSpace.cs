namespace NsCollector.Linux.Interop;

/// <summary>What a file system says of its space (statvfs(3)).</summary>
/// <param name="SizeBytes">All of it.</param>
/// <param name="FreeBytes">What is not used.</param>
/// <param name="AvailableBytes">What a user other than root may still use.</param>
/// <param name="Inodes">How many files it can have; 0 if it has no such limit.</param>
/// <param name="FreeInodes">How many of them are not used.</param>
/// <param name="IsReadOnly">Whether the mount or the file system is read-only.</param>
internal readonly record struct FileSystemSpace(ulong SizeBytes, ulong FreeBytes, ulong AvailableBytes, ulong Inodes, ulong FreeInodes, bool IsReadOnly);
