using System.Text;
using NsCollector.Catalogue;

namespace NsCollector.Telemetry;

/// <summary>The readings of the agent at one moment, or those of one of its sinks. Reused in each cycle.</summary>
internal sealed class AgentSnapshot
{
    private const int Readings = (int)AgentReading.SinkErrorsRefusedFile + 1;

    // One word more than needed, so that PresentFrom can read 64 bits from any index.
    private readonly ulong[] _present = new ulong[(Readings / 64) + 2];
    private readonly long[] _values = new long[Readings];

    /// <param name="name">The sink's name; empty for the agent.</param>
    /// <param name="sinks">The sinks' snapshots.</param>
    public AgentSnapshot(string name = "", params AgentSnapshot[] sinks)
    {
        Name = name;
        NameUtf8 = Encoding.UTF8.GetBytes(name);
        Sinks = sinks;
    }

    /// <summary>The sink's name; empty for the agent.</summary>
    public string Name { get; }

    /// <summary>The same in UTF-8.</summary>
    public byte[] NameUtf8 { get; }

    /// <summary>The sinks' snapshots.</summary>
    public AgentSnapshot[] Sinks { get; }

    /// <summary>The value of reading i at index i; only valid if that reading is present.</summary>
    internal ReadOnlySpan<long> Values => _values;

    /// <summary>Which of the 64 readings from <paramref name="first"/> on are present: bit i is set if reading <paramref name="first"/> + i is present.</summary>
    internal ulong PresentFrom(AgentReading first)
    {
        (int word, int bit) = Math.DivRem((int)first, 64);
        ulong low = _present[word] >> bit;
        return bit == 0 ? low : low | (_present[word + 1] << (64 - bit));
    }

    /// <summary>Makes every reading absent.</summary>
    public void Clear() => Array.Clear(_present);

    /// <summary>Makes it equal to another snapshot with the same number of sinks.</summary>
    internal void CopyFrom(AgentSnapshot other)
    {
        other._present.CopyTo(_present, 0);
        other._values.CopyTo(_values, 0);
        for (int i = 0; i < Sinks.Length; i++) Sinks[i].CopyFrom(other.Sinks[i]);
    }

    /// <summary>Sets a reading, in the unit that its name gives.</summary>
    public void Set(AgentReading reading, long value)
    {
        _values[(int)reading] = value;
        _present[(int)reading / 64] |= 1UL << ((int)reading % 64);
    }
}
