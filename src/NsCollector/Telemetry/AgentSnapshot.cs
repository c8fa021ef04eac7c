using System.Text;

namespace NsCollector.Telemetry;

/// <summary>The agent's readings of itself at one moment, or those of one of its sinks. Reused from cycle to cycle.</summary>
public sealed class AgentSnapshot
{
    private readonly long[] _values = new long[(int)AgentReading.SinkErrorsRefusedFile + 1];
    private ulong _present;

    /// <summary>Makes a snapshot.</summary>
    /// <param name="name">The sink's name; empty for the agent.</param>
    /// <param name="sinks">The sinks' snapshots.</param>
    public AgentSnapshot(string name = "", params AgentSnapshot[] sinks)
    {
        NameUtf8 = Encoding.UTF8.GetBytes(name);
        Sinks = sinks;
    }

    /// <summary>The sink's name; empty for the agent.</summary>
    public byte[] NameUtf8 { get; }

    /// <summary>The sinks' snapshots.</summary>
    public AgentSnapshot[] Sinks { get; }

    internal ulong PresentBits => _present;

    internal ReadOnlySpan<long> Values => _values;

    /// <summary>Makes every reading absent.</summary>
    public void Clear() => _present = 0;

    /// <summary>Sets a reading, in the unit that its name gives.</summary>
    public void Set(AgentReading reading, long value)
    {
        _values[(int)reading] = value;
        _present |= 1UL << (int)reading;
    }
}
