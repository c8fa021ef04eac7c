using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup;

/// <summary>A flat keyed file of a measurement that is off by default.</summary>
/// <param name="keys">The keys of the measurement.</param>
/// <param name="target">The set that receives the readings; null if they are not read in this cycle.</param>
internal sealed class ExtraKeysParser(KernelKeys keys, Func<CgroupReading, ReadingSet?> target) : ExtraParser
{
    private readonly FlatKeyedParser _parser = new(keys);

    internal override int Parse(CgroupFile file, ReadOnlySpan<byte> text, ref CgroupReading reading, BlockDeviceRows devices) =>
        target(reading) is { } set ? _parser.Parse(text, set) : 0;
}
