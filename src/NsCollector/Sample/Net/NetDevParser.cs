using NsCollector.Catalogue;

namespace NsCollector.Sample.Net;

/// <summary>
/// /proc/net/dev (dev_seq_printf_stats in net/core/net-procfs.c): two header lines, then a line for each interface,
/// <c>name: </c> and sixteen counters whose order has not changed since Linux 2.2. Its <c>errs</c> and <c>drop</c> are
/// sums that the kernel makes (drop of the receiver includes what the device missed); they are reported unchanged.
/// </summary>
internal static class NetDevParser
{
    // A name of 15 bytes, two separators and 16 numbers of up to 20 digits.
    private const int MaxLineBytes = 360;

    /// <summary>The longest text of so many interfaces and the two header lines, in bytes; at most half of what an array can have.</summary>
    internal static int MaxBytes(int interfaces) => (int)Math.Min(512 + ((interfaces + 2L) * MaxLineBytes), int.MaxValue / 2);

    /// <summary>
    /// Adds a row for each interface. A name may contain any byte except '/', ':' and white space (dev_valid_name), so the first
    /// colon ends it.
    /// </summary>
    /// <param name="text">The file.</param>
    /// <param name="interfaces">Receives the rows; not cleared.</param>
    /// <param name="loopback">Whether to add <c>lo</c>.</param>
    /// <param name="maxInterfaces">Maximum number of rows.</param>
    /// <param name="overLimit">How many interfaces were left out because of it.</param>
    /// <returns>False if a line was malformed; the others are added.</returns>
    internal static bool Parse(ReadOnlySpan<byte> text, RowTable interfaces, bool loopback, int maxInterfaces, out int overLimit)
    {
        overLimit = 0;
        bool understood = true;
        for (int lineNumber = 0; TextNumber.TryLine(ref text, out ReadOnlySpan<byte> line, out bool whole); lineNumber++)
        {
            if (lineNumber < 2) continue;
            line = line.TrimStart((byte)' ');
            int colon = line.IndexOf((byte)':');
            if (colon <= 0 || !whole)
            {
                understood = false;
                continue;
            }

            ReadOnlySpan<byte> name = line[..colon];
            if (!loopback && name.SequenceEqual("lo"u8)) continue;

            // A list read in several pieces may repeat the interface at the boundary if another one was added meanwhile.
            if (interfaces.Count > 0 && interfaces[interfaces.Count - 1].Key.SequenceEqual(name)) continue;

            if (interfaces.Count >= maxInterfaces)
            {
                overLimit++;
                continue;
            }

            line = line[(colon + 1)..];
            if (TextNumber.TryUnsigned(ref line, out ulong rxBytes)
                && TextNumber.TryUnsigned(ref line, out ulong rxPackets)
                && TextNumber.TryUnsigned(ref line, out ulong rxErrors)
                && TextNumber.TryUnsigned(ref line, out ulong rxDropped)
                && TextNumber.TryUnsigned(ref line, out _) // fifo
                && TextNumber.TryUnsigned(ref line, out _) // frame
                && TextNumber.TryUnsigned(ref line, out _) // compressed
                && TextNumber.TryUnsigned(ref line, out ulong multicast)
                && TextNumber.TryUnsigned(ref line, out ulong txBytes)
                && TextNumber.TryUnsigned(ref line, out ulong txPackets)
                && TextNumber.TryUnsigned(ref line, out ulong txErrors)
                && TextNumber.TryUnsigned(ref line, out ulong txDropped)
                && TextNumber.TryUnsigned(ref line, out _) // fifo
                && TextNumber.TryUnsigned(ref line, out ulong collisions))
            {
                ReadingSet readings = interfaces.Add(name).Readings;
                readings.SetUnsigned(Reading.NetworkRxBytes, rxBytes);
                readings.SetUnsigned(Reading.NetworkRxPackets, rxPackets);
                readings.SetUnsigned(Reading.NetworkRxErrors, rxErrors);
                readings.SetUnsigned(Reading.NetworkRxDropped, rxDropped);
                readings.SetUnsigned(Reading.NetworkTxBytes, txBytes);
                readings.SetUnsigned(Reading.NetworkTxPackets, txPackets);
                readings.SetUnsigned(Reading.NetworkTxErrors, txErrors);
                readings.SetUnsigned(Reading.NetworkTxDropped, txDropped);
                readings.SetUnsigned(Reading.NetworkMulticast, multicast);
                readings.SetUnsigned(Reading.NetworkCollisions, collisions);
            }
            else
            {
                understood = false;
            }
        }

        return understood;
    }
}
