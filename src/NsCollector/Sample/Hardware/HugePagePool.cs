namespace NsCollector.Sample.Hardware;

/// <summary>The huge pages of one size: /sys/kernel/mm/hugepages, or those of a memory node.</summary>
/// <param name="SizeKib">The size of a page, in KiB.</param>
/// <param name="Pages">How many there are (nr_hugepages).</param>
internal readonly record struct HugePagePool(long SizeKib, long Pages);
