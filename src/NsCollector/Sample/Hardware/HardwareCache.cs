namespace NsCollector.Sample.Hardware;

/// <summary>A cache of a processor: /sys/devices/system/cpu/cpuN/cache/indexM.</summary>
/// <param name="Id">Its identifier, unique for its level and type.</param>
/// <param name="SizeBytes">Its size.</param>
/// <param name="Type">Data, Instruction or Unified.</param>
/// <param name="Level">Its level; 1 is next to the core.</param>
internal readonly record struct HardwareCache(long Id, long SizeBytes, string Type, long Level);
