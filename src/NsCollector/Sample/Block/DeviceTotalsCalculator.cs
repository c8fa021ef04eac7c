using NsCollector.Catalogue;

namespace NsCollector.Sample.Block;

/// <summary>
/// Sums a container's bytes over its block devices, each byte once: all that its devices were charged, less what the kernel
/// charged it again below stacked devices. Allocates only to grow; for one thread.
/// </summary>
/// <param name="layers">What lies below each device.</param>
/// <param name="learns">Whether it is given the same containers again and again: they may show what this kernel does not charge.</param>
internal sealed class DeviceTotalsCalculator(BlockLayers layers, bool learns)
{
    // dm on md on dm on a disk: a device that is not charged in between leads to what lies below it.
    private const int MaxDepth = 8;

    private readonly ChargedBelow _below = new();
    private BlockLayer[] _layerOf = new BlockLayer[8];
    private long[] _charged = new long[8];

    /// <summary>Computes the totals.</summary>
    /// <param name="rows">A row a device.</param>
    /// <param name="isWhole">Whether every device has a row.</param>
    /// <param name="nowNs">The monotonic clock.</param>
    /// <param name="totals">Receives the totals.</param>
    internal void Compute(RowTable rows, bool isWhole, long nowNs, DeviceTotals totals)
    {
        totals.Clear();
        totals.IsWhole = isWhole;
        if (!isWhole || rows.Count == 0) return;
        lock (layers.Gate) ComputeLocked(rows, nowNs, totals);
    }

    private void ComputeLocked(RowTable rows, long nowNs, DeviceTotals totals)
    {
        if (rows.Count > _charged.Length)
        {
            _charged = new long[rows.Count * 2];
            _layerOf = new BlockLayer[rows.Count * 2];
        }

        bool isStacked = false;
        for (int i = 0; i < rows.Count; i++)
        {
            _layerOf[i] = layers.Of(rows[i].Number, nowNs);
            isStacked |= _layerOf[i].IsStacked;
        }

        if (isStacked && learns && layers.IsV2) Learn(rows, totals);
        bool hasRead = TryTotal(rows, Reading.BlkioReadBytes, isStacked, nowNs, out long? read);
        bool hasWritten = TryTotal(rows, Reading.BlkioWriteBytes, isStacked, nowNs, out long? written);
        totals.IsWhole = hasRead && hasWritten;
        totals.ReadBytes = read;
        totals.WriteBytes = written;
    }

    /// <returns>False if there is no sum: a device lacks the number, or it is not known where some of the bytes were charged again.</returns>
    private bool TryTotal(RowTable rows, Reading reading, bool isStacked, long nowNs, out long? total)
    {
        total = null;
        int known = 0;
        Int128 sum = 0;
        for (int i = 0; i < rows.Count; i++)
        {
            // Without it, the sum would be of the other devices only.
            if (rows[i].Readings.IsImpossible(reading)) return true;
            if (rows[i].Readings.TryGet(reading, out _charged[i])) known++;
            sum += _charged[i];
        }

        if (known == 0) return true;
        if (known < rows.Count) return false;
        if (isStacked)
        {
            if (!TryChargedBelow(rows, reading, sum, nowNs, out Int128 below)) return false;
            sum -= below;
        }

        total = sum > long.MaxValue ? null : (long)sum;
        return true;
    }

    private bool TryChargedBelow(RowTable rows, Reading reading, Int128 sum, long nowNs, out Int128 below)
    {
        below = 0;
        _below.Begin(_charged.AsSpan(0, rows.Count));
        for (int i = 0; i < rows.Count; i++)
        {
            BlockLayer layer = _layerOf[i];
            int times = TimesBelow(layer, reading);
            if (_charged[i] == 0 || times == 0) continue;

            // What was charged below an unknown disk cannot be told from what was read there directly, unless nothing was.
            if (layer.IsLowerUnknown && _charged[i] < sum) return false;
            if (times > 0) _below.AddDemand(_charged[i] > long.MaxValue / times ? long.MaxValue : _charged[i] * times);
            AddLower(rows, i, layer, reading, times == LayerRule.Each ? _charged[i] : 0, nowNs, 0);
        }

        below = _below.Assign();
        return true;
    }

    /// <summary>Adds the devices below one: to the demand that was added for them, or each with a demand of its own.</summary>
    private void AddLower(RowTable rows, int upper, BlockLayer layer, Reading reading, long each, long nowNs, int depth)
    {
        foreach (ulong number in layer.Lower)
        {
            int row = IndexOf(rows, number);
            if (row == upper) continue;
            if (row >= 0)
            {
                if (each > 0) _below.AddDemand(each);
                _below.AddDevice(row);
            }
            else if (!layers.IsV2 && depth < MaxDepth && layers.Of(number, nowNs) is { IsStacked: true } between && TimesBelow(between, reading) != 0)
            {
                // v1 counts nothing for a device without a limit, but the kernel charges on below it.
                AddLower(rows, upper, between, reading, each, nowNs, depth + 1);
            }
        }
    }

    private static int TimesBelow(BlockLayer layer, Reading reading) => reading == Reading.BlkioReadBytes
        ? layer.ReadsAreFree ? 0 : layer.Rule.Read
        : layer.WritesAreFree ? 0 : layer.Rule.Write;

    private static int IndexOf(RowTable rows, ulong number)
    {
        for (int i = 0; i < rows.Count; i++)
        {
            if (rows[i].Number == number) return i;
        }

        return -1;
    }

    // ---- what this kernel does not charge

    private void Learn(RowTable rows, DeviceTotals totals)
    {
        long read = SumOneToOne(rows, Reading.BlkioReadBytes), written = SumOneToOne(rows, Reading.BlkioWriteBytes);

        // What is still on its way from a device to the one below is charged above and not yet below.
        bool isQuiet = totals.Before == (read, written);
        totals.Before = (read, written);
        if (!isQuiet) return;
        for (int i = 0; i < rows.Count; i++)
        {
            BlockLayer layer = _layerOf[i];
            if (!layer.Rule.IsOneToOne) continue;
            layer.ReadsAreFree |= IsFree(rows, i, Reading.BlkioReadBytes);
            layer.WritesAreFree |= IsFree(rows, i, Reading.BlkioWriteBytes);
        }
    }

    private long SumOneToOne(RowTable rows, Reading reading)
    {
        long sum = 0;
        for (int i = 0; i < rows.Count; i++)
        {
            if (_layerOf[i].Rule.IsOneToOne && rows[i].Readings.TryGet(reading, out long value)) sum = unchecked(sum + value);
        }

        return sum;
    }

    /// <summary>Whether the devices below were charged clearly less than one that hands down every byte.</summary>
    private bool IsFree(RowTable rows, int upper, Reading reading)
    {
        if (!rows[upper].Readings.TryGet(reading, out long charged) || charged == 0) return false;
        Int128 below = 0;
        foreach (ulong number in _layerOf[upper].Lower)
        {
            int row = IndexOf(rows, number);
            if (row >= 0 && row != upper && rows[row].Readings.TryGet(reading, out long value)) below += value;
        }

        return below < charged - (charged / 8);
    }
}
