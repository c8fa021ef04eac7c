namespace NsCollector.Sample.Peaks;

/// <summary>The highest of the values since they were last taken.</summary>
internal struct Highest
{
    private double _value;
    private bool _has;

    /// <summary>Adds a value.</summary>
    internal void Add(double value)
    {
        if (!_has || value > _value) _value = value;
        _has = true;
    }

    /// <summary>Returns the highest value since the last call and forgets it.</summary>
    /// <returns>False if there was none.</returns>
    internal bool TryTake(out double value)
    {
        bool has = _has;
        value = _value;
        _has = false;
        return has;
    }
}
