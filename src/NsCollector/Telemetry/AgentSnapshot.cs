using System.Text;
using NsCollector.Catalogue;

namespace NsCollector.Telemetry;

/// <summary>The agent's readings of itself at one moment, or those of one of its sinks. Reused from cycle to cycle.</summary>
internal sealed class AgentSnapshot
{
    private const int Readings = (int)AgentReading.SinkErrorsRefusedFile + 1;

    // A word more than the readings fill, so that 64 bits from any of them on can be read.
    private readonly ulong[] _present = new ulong[(Readings / 64) + 2];
    private readonly long[] _values = new long[Readings];

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

    /// <summary>The value of reading i at index i; only defined where it is present.</summary>
    internal ReadOnlySpan<long> Values => _values;

    /// <summary>Which of the 64 readings from <paramref name="first"/> on are present: bit i is set where <paramref name="first"/> + i is.</summary>
    internal ulong PresentFrom(AgentReading first)
    {
        (int word, int bit) = Math.DivRem((int)first, 64);
        ulong low = _present[word] >> bit;
        return bit == 0 ? low : low | (_present[word + 1] << (64 - bit));
    }

    /// <summary>Makes every reading absent.</summary>
    public void Clear() => Array.Clear(_present);

    /// <summary>Sets a reading, in the unit that its name gives.</summary>
    public void Set(AgentReading reading, long value)
    {
        _values[(int)reading] = value;
        _present[(int)reading / 64] |= 1UL << ((int)reading % 64);
    }
}
