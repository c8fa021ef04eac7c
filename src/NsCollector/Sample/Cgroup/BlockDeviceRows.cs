namespace NsCollector.Sample.Cgroup;

/// <summary>Finds a container's row for a block device by its number, within the limit on rows.</summary>
internal sealed class BlockDeviceRows(BlockDeviceNames names, int maxDevices)
{
    private RowTable? _rows;
    private Row? _last;
    private ulong _lastNumber;
    private long _nowNs;

    /// <summary>How often a row was refused since <see cref="Begin"/> because of the limit.</summary>
    internal int Refused { get; private set; }

    /// <summary>How often a row was found or added since <see cref="Begin"/>.</summary>
    internal int Found { get; private set; }

    /// <summary>Starts with one file of one container.</summary>
    internal void Begin(RowTable rows, long nowNs)
    {
        _rows = rows;
        _last = null;
        _lastNumber = ulong.MaxValue;
        _nowNs = nowNs;
        Refused = 0;
        Found = 0;
    }

    /// <summary>The row of a device; null if the container has reached the limit.</summary>
    internal Row? RowOf(uint major, uint minor)
    {
        // The lines of one device are adjacent, so most look-ups repeat the last one.
        ulong number = ((ulong)major << 32) | minor;
        if (number == _lastNumber) return _last;
        _lastNumber = number;
        _last = Find(names.NameOf(major, minor, _nowNs));
        if (_last is not null) _last.Number = number;
        return _last;
    }

    private Row? Find(ReadOnlySpan<byte> name)
    {
        RowTable rows = _rows!;
        for (int i = 0; i < rows.Count; i++)
        {
            if (rows[i].Key.SequenceEqual(name))
            {
                Found++;
                return rows[i];
            }
        }

        if (rows.Count >= maxDevices)
        {
            Refused++;
            return null;
        }

        Found++;
        return rows.Add(name);
    }
}
