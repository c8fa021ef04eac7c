namespace NsCollector.Sample.Hardware;

/// <summary>A block device: /sys/block/NAME.</summary>
/// <param name="Name">The kernel's name.</param>
/// <param name="Major">The major number of the device.</param>
/// <param name="Minor">The minor number of the device.</param>
/// <param name="SizeBytes">Its size.</param>
/// <param name="Scheduler">Its I/O scheduler; <c>none</c> if it has none.</param>
internal readonly record struct HardwareDisk(string Name, long Major, long Minor, long SizeBytes, string Scheduler);
