using NsCollector.Linux.Interop;

namespace NsCollector.Linux.Netlink;

/// <summary>
/// Reports network interfaces that are removed, with their last counters: a route socket in the namespace of the thread that
/// creates this (native/removals.c). Reading allocates nothing and never waits.
/// </summary>
/// <remarks>For one thread.</remarks>
internal sealed unsafe class LinkRemovals : IDisposable
{
    private const int Batch = 64;

    private readonly NativeShim.Removal[] _batch = new NativeShim.Removal[Batch];

    /// <summary>Opens the socket.</summary>
    /// <param name="receiveBytes">Of messages that wait to be read; the kernel limits it to net.core.rmem_max.</param>
    public LinkRemovals(int receiveBytes)
    {
        int all = 0;
        Descriptor = NativeShim.RemovalsOpen(receiveBytes, &all);
        HearsAllNamespaces = all != 0 && Descriptor >= 0;
    }

    /// <summary>What poll(2) waits for with POLLIN; negative (-errno) if nothing is reported.</summary>
    public int Descriptor { get; private set; }

    /// <summary>Whether removals in other namespaces are reported too, if this namespace has a number for them. Needs CAP_NET_BROADCAST.</summary>
    public bool HearsAllNamespaces { get; }

    /// <summary>Passes everything that was reported since the last call to the observer, oldest first.</summary>
    /// <returns>How often messages were lost because they were not read in time; the observer was told first.</returns>
    public int Read(ILinkRemovalObserver observer)
    {
        int allLost = 0;
        while (Descriptor >= 0)
        {
            int lost, count;
            fixed (NativeShim.Removal* batch = _batch) count = NativeShim.RemovalsRead(Descriptor, batch, Batch, &lost);
            if (lost > 0) observer.OnLost();
            allLost += lost;
            if (count < 0)
            {
                // A socket that fails is of no use any more: nothing is final from now on that only it could tell.
                observer.OnLost();
                Dispose();
                return allLost + 1;
            }

            for (int i = 0; i < count; i++)
            {
                ref readonly NativeShim.Removal removal = ref _batch[i];
                if (removal.Kind == NativeShim.RemovalKind.Namespace) observer.OnNumberFreed(removal.Namespace);
                else observer.OnRemoved(in removal);
            }

            if (count < Batch) break;
        }

        return allLost;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Descriptor < 0) return;
        Libc.Close(Descriptor);
        Descriptor = -Errno.EBADF;
    }
}
