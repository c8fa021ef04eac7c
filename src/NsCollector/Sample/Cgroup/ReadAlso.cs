namespace NsCollector.Sample.Cgroup;

/// <summary>When a file is read besides the cycles.</summary>
[Flags]
internal enum ReadAlso : byte
{
    /// <summary>Never.</summary>
    Never = 0,

    /// <summary>When the container ends, for its final totals.</summary>
    AtExit = 1,

    /// <summary>When the OOM killer kills a process of the container.</summary>
    AtOom = 2,
}
