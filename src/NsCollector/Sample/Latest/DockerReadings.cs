namespace NsCollector.Sample.Latest;

/// <summary>What Docker's API shows of a container in one cycle beside its <see cref="ContainerSample"/>. Reused from cycle to cycle.</summary>
internal sealed class DockerReadings
{
    private byte[] _memoryStat = [];
    private int _memoryStatLength;

    /// <summary>The CPU times of this cycle.</summary>
    internal CpuTimes Cpu { get; } = new();

    /// <summary>The CPU times of the sample before it; their time is 0 if there was none.</summary>
    internal CpuTimes CpuBefore { get; } = new();

    /// <summary>The text of memory.stat, as it was last read. It may not be read in each cycle (cgroup.stat_interval).</summary>
    internal ReadOnlySpan<byte> MemoryStat => _memoryStat.AsSpan(0, _memoryStatLength);

    /// <inheritdoc cref="ContainerSample.NetworkOwnerKey"/>
    internal long NetworkOwnerKey { get; private set; }

    /// <summary>Copies a sample.</summary>
    /// <param name="sample">The sample.</param>
    /// <param name="before">The readings of the previous sample. May be this object, which has none yet or is written again.</param>
    internal void Update(ContainerSample sample, DockerReadings before)
    {
        CpuBefore.CopyFrom(before.Cpu);
        Cpu.CopyFrom(sample);
        NetworkOwnerKey = sample.NetworkOwnerKey;
        if (!sample.MemoryStatText.IsEmpty) SetMemoryStat(sample.MemoryStatText);
        else if (before != this) SetMemoryStat(before.MemoryStat);
    }

    private void SetMemoryStat(ReadOnlySpan<byte> text)
    {
        if (text.Length > _memoryStat.Length) _memoryStat = new byte[Math.Max(4096, text.Length * 2)];
        text.CopyTo(_memoryStat);
        _memoryStatLength = text.Length;
    }
}
