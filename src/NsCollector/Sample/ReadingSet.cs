using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using NsCollector.Catalogue;

namespace NsCollector.Sample;

/// <summary>
/// The values of a contiguous range of readings, each present or absent. Absent is not zero. Reused from cycle to cycle;
/// nothing allocates after construction.
/// </summary>
internal sealed class ReadingSet
{
    private readonly long[] _values;
    private ulong _present;
    private ulong _impossible;

    /// <summary>Creates a set for the readings from <paramref name="first"/> to <paramref name="last"/>, both included, at most 64.</summary>
    public ReadingSet(Reading first, Reading last)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(last - first, 63);
        ArgumentOutOfRangeException.ThrowIfLessThan((int)last, (int)first);
        First = first;
        Last = last;
        _values = new long[last - first + 1];
    }

    /// <summary>Creates a set for the readings of some parts of a sample.</summary>
    internal static ReadingSet Of(params ReadOnlySpan<SamplePart> parts)
    {
        (Reading first, Reading last) = MetricCatalogue.RangeOf(parts);
        return new ReadingSet(first, last);
    }

    /// <summary>The first reading this set can hold.</summary>
    public Reading First { get; }

    /// <summary>The last reading this set can hold.</summary>
    public Reading Last { get; }

    /// <summary>Bit i is set if reading <see cref="First"/> + i is present.</summary>
    internal ulong PresentBits => _present;

    /// <summary>The value of reading <see cref="First"/> + i at index i.</summary>
    internal ReadOnlySpan<long> Values => _values;

    /// <summary>Whether nothing is present.</summary>
    public bool IsEmpty => _present == 0;

    /// <summary>How many readings were left out since <see cref="Clear"/> because the kernel's number cannot be.</summary>
    internal int ImpossibleCount => BitOperations.PopCount(_impossible);

    /// <summary>Makes every reading absent.</summary>
    public void Clear()
    {
        _present = 0;
        _impossible = 0;
    }

    /// <summary>Makes one reading absent.</summary>
    public void Remove(Reading reading) => _present &= ~(1UL << (reading - First));

    /// <summary>Sets an integer, in the unit that the reading's name gives.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Set(Reading reading, long value)
    {
        Debug.Assert(reading >= First && reading <= Last);
        int index = reading - First;
        _values[index] = value;
        _present |= 1UL << index;
    }

    /// <summary>
    /// Sets an unsigned integer of the kernel. No counter reaches 2^63 in the life of a host: a number from there on is one that
    /// fell below zero, and it is left out (<see cref="SetImpossible"/>).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetUnsigned(Reading reading, ulong value)
    {
        if ((long)value >= 0) Set(reading, (long)value);
        else SetImpossible(reading);
    }

    /// <summary>Makes a reading absent because the kernel's number cannot be: below zero, or over 2^63-1.</summary>
    internal void SetImpossible(Reading reading)
    {
        ulong bit = 1UL << (reading - First);
        _present &= ~bit;
        _impossible |= bit;
    }

    /// <summary>Whether the reading is absent because the kernel's number cannot be.</summary>
    internal bool IsImpossible(Reading reading) => ((_impossible & ~_present) >> (reading - First) & 1UL) != 0;

    /// <summary>Adds a second part to a reading. Without its first part, or if the sum is over 2^63-1, it is absent.</summary>
    internal void AddPart(Reading reading, ulong value)
    {
        if (!TryGet(reading, out long first)) return;
        if (value > (ulong)(long.MaxValue - first)) SetImpossible(reading);
        else Set(reading, first + (long)value);
    }

    /// <summary>Sets a floating-point reading (percentages, averages, cores). NaN and infinities stay absent.</summary>
    public void SetDouble(Reading reading, double value)
    {
        if (double.IsFinite(value)) Set(reading, BitConverter.DoubleToInt64Bits(value));
    }

    /// <summary>Makes it equal to another set of the same range.</summary>
    internal void CopyFrom(ReadingSet other)
    {
        Clear();
        SetAll(other);
        _impossible = other._impossible;
    }

    /// <summary>Makes it equal to another set of the same range, except that selected readings keep their last value if they are absent there.</summary>
    /// <param name="other">The other set.</param>
    /// <param name="before">The set with the last values. May be this object.</param>
    /// <param name="bits">Which readings are kept, as in <see cref="PresentBits"/>.</param>
    internal void Update(ReadingSet other, ReadingSet before, ulong bits)
    {
        ulong kept = before._present & bits & ~other._present & ~other._impossible;
        for (ulong left = kept; left != 0; left &= left - 1)
        {
            int index = BitOperations.TrailingZeroCount(left);
            _values[index] = before._values[index];
        }

        _present = kept;
        SetAll(other);
        _impossible = other._impossible;
    }

    /// <summary>Sets every reading that is present in another set of the same range.</summary>
    internal void SetAll(ReadingSet other)
    {
        Debug.Assert(other.First == First && other.Last == Last);
        for (ulong left = other._present; left != 0; left &= left - 1)
        {
            int index = BitOperations.TrailingZeroCount(left);
            _values[index] = other._values[index];
        }

        _present |= other._present;
    }

    /// <summary>Whether the reading is present.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Has(Reading reading) => ((_present >> (reading - First)) & 1UL) != 0;

    /// <summary>The value of an integer reading; only defined if <see cref="Has"/>.</summary>
    public long this[Reading reading] => _values[reading - First];

    /// <summary>The value of a floating-point reading; only defined if <see cref="Has"/>.</summary>
    public double GetDouble(Reading reading) => BitConverter.Int64BitsToDouble(_values[reading - First]);

    /// <summary>The integer reading, if present.</summary>
    public bool TryGet(Reading reading, out long value)
    {
        bool has = Has(reading);
        value = has ? _values[reading - First] : 0;
        return has;
    }
}
