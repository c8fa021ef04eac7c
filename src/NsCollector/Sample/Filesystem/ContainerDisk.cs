using NsCollector.Discover;

namespace NsCollector.Sample.Filesystem;

/// <summary>
/// The disk of one container: the state of the reading thread, and the figures that it publishes to the sampling thread. The
/// figures are replaced as a whole, without a lock, so the sampling thread never waits for a thread of lower priority.
/// </summary>
/// <param name="container">As in the list.</param>
internal sealed class ContainerDisk(Container container)
{
    private volatile DiskFigures[] _published = [];
    private volatile Container _container = container;
    private DiskFigures[] _taken = [];

    /// <summary>The container; the sampling thread replaces it when its init process changes.</summary>
    internal Container Container
    {
        get => _container;
        set => _container = value;
    }

    /// <summary>Its mounts. For the reading thread.</summary>
    internal ContainerMount[] Mounts { get; set; } = [];

    /// <summary>The hash of the mountinfo text from which <see cref="Mounts"/> were chosen. For the reading thread.</summary>
    internal ulong MountsHash { get; set; }

    /// <summary>When the figures are due, on the monotonic clock. For the reading thread.</summary>
    internal long NextNs { get; set; } = long.MinValue;

    /// <summary>How many reads have returned no figures. For the reading thread.</summary>
    internal int Attempts { get; set; }

    /// <summary>Publishes figures, which must not change afterwards.</summary>
    internal void Publish(DiskFigures[] figures) => _published = figures;

    /// <summary>The figures that were published since the last call, possibly an empty array; null if nothing was published. For the sampling thread.</summary>
    internal DiskFigures[]? TakeNew()
    {
        DiskFigures[] published = _published;
        return ReferenceEquals(published, _taken) ? null : _taken = published;
    }
}
