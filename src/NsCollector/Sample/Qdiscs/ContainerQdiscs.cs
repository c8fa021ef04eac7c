namespace NsCollector.Sample.Qdiscs;

/// <summary>What is kept of a container between the readings of its queueing disciplines: when the next one is due, and its interfaces.</summary>
/// <remarks>For one thread at a time: the one that reads the container, then the sampling thread.</remarks>
internal sealed class ContainerQdiscs
{
    private long _nextNs = long.MinValue;
    private (int Index, byte[] Name)[] _interfaces = [];
    private int _count;

    /// <summary>When they are due next: see <see cref="Pace"/>.</summary>
    internal ref long NextNs => ref _nextNs;

    /// <summary>Whether they are to be read in this cycle.</summary>
    internal bool IsDue { get; set; }

    /// <summary>The interfaces of the namespace that was read, by their index; empty if it was not.</summary>
    internal ReadOnlySpan<(int Index, byte[] Name)> Interfaces => _interfaces.AsSpan(0, _count);

    /// <summary>Forgets the interfaces but keeps their memory.</summary>
    internal void ClearInterfaces() => _count = 0;

    /// <summary>Adds an interface. Allocates only if it was not at the same place the last time.</summary>
    internal void AddInterface(int index, ReadOnlySpan<byte> name)
    {
        if (_count == _interfaces.Length) Array.Resize(ref _interfaces, Math.Max(2, _count * 2));
        ref (int Index, byte[] Name) entry = ref _interfaces[_count++];
        entry = (index, entry.Name is { } same && name.SequenceEqual(same) ? same : name.ToArray());
    }

    /// <summary>The name of an interface; null if it is not known.</summary>
    internal byte[]? NameOf(int index)
    {
        foreach ((int known, byte[] name) in Interfaces)
        {
            if (known == index) return name;
        }

        return null;
    }
}
