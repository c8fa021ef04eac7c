namespace NsCollector.Sample.Cgroup;

/// <summary>Finds a container's row for a block device by its number, within the bound on rows.</summary>
internal sealed class BlockDeviceRows(BlockDeviceNames names, int maxDevices)
{
    private RowTable? _rows;
    private Row? _last;
    private ulong _lastNumber;
    private long _nowNs;

    /// <summary>How many times a device's row was refused since <see cref="Begin"/> because of the bound.</summary>
    internal int Refused { get; private set; }

    /// <summary>How many rows were handed out since <see cref="Begin"/>.</summary>
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

    /// <summary>The row of a device; null where the container has as many as it may.</summary>
    internal Row? RowOf(uint major, uint minor)
    {
        // The lines of one device follow each other, so most look-ups are for the same as before.
        ulong number = ((ulong)major << 32) | minor;
        if (number == _lastNumber) return _last;
        _lastNumber = number;
        _last = Find(names.NameOf(major, minor, _nowNs));
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
