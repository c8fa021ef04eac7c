using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Traffic;

/// <summary>Lists the interfaces of network namespaces, and finds out which of them lead out.</summary>
/// <remarks>For the sampling thread. Called when a container is new or its interfaces have changed, never each cycle.</remarks>
internal sealed unsafe class LinkFinder : IDisposable
{
    private const int FirstCapacity = 16;
    private const uint Loopback = 8; // IFF_LOOPBACK

    private readonly int _maxLinks;
    private readonly AgentCounters _counters;
    private readonly RateLimitedLog _log;
    private readonly int _first;
    private NativeShim.Link[] _links = new NativeShim.Link[FirstCapacity];
    private bool[] _leadsOut = new bool[FirstCapacity];
    private int[] _candidates = new int[FirstCapacity];
    private bool[] _isInside = new bool[FirstCapacity];

    /// <param name="options">The most interfaces of one namespace.</param>
    /// <param name="roots">Where the host's procfs is: its process 1 is in the host's own namespace.</param>
    /// <param name="counters">Counts ReadErrors.</param>
    /// <param name="logger">Logs failures, rate-limited.</param>
    internal LinkFinder(SampleOptions options, HostRoots roots, AgentCounters counters, ILogger logger)
    {
        _maxLinks = options.MaxInterfaces + 1;
        _counters = counters;
        _log = new RateLimitedLog(logger);
        _first = Libc.Openat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes($"{roots.Proc}/1\0"), Libc.O_PATH | Libc.O_DIRECTORY);
    }

    /// <summary>Lists the interfaces of a namespace.</summary>
    /// <param name="container">Whose init process is in it.</param>
    /// <param name="inode">Its inode number.</param>
    /// <param name="findOthers">Gives the containers that own a namespace, in which other ends may be; called only if there are such ends.</param>
    /// <returns>Null if there are more than network.max_interfaces, if the process has exited or is elsewhere, or on an error, which is counted.</returns>
    internal NamespaceLinks? Find(Container container, ulong inode, Func<IReadOnlyList<Container>> findOthers)
    {
        if (container.Init is not { } process) return null;
        NativeShim.LinksNamespace found;
        int candidates = AddFirst();
        int count = List(process, inode, candidates, &found);
        if (count > 0 && HasUnknown(count) && findOthers() is { Count: > 0 } others)
        {
            candidates = AddAll(container, others);
            count = List(process, inode, candidates, &found);
        }

        if (count < 0)
        {
            // More than the bound: the visit has counted them.
            if (count is -Errno.ESRCH or -Errno.EOVERFLOW) return null;
            _counters.Add(AgentCounter.ReadErrors);
            _log.Warning("links", $"The interfaces of process {process.Pid} could not be listed: {-count} ({Marshal.GetPInvokeErrorMessage(-count)})");
            return null;
        }

        ReadOnlySpan<NativeShim.Link> links = _links.AsSpan(0, count);
        if (_leadsOut.Length < count) _leadsOut = new bool[_links.Length];
        bool isCertain = LinkRules.Decide(links, _isInside.AsSpan(0, candidates), _leadsOut.AsSpan(0, count));
        ImmutableArray<NamespaceLink>.Builder all = ImmutableArray.CreateBuilder<NamespaceLink>(count);
        for (int i = 0; i < count; i++)
        {
            ref readonly NativeShim.Link link = ref links[i];
            if ((link.Flags & Loopback) != 0) continue;
            all.Add(new NamespaceLink(
                link.Index, Latin(in link.Name), _leadsOut[i], link.Peer, link.Peer > 0 ? Latin(in link.PeerName) : "", Clamped(link.RxBytes), Clamped(link.TxBytes)));
        }

        return new NamespaceLinks(found.Cookie, found.Number, isCertain, all.DrainToImmutable());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_first >= 0) Libc.Close(_first);
    }

    private static string Latin(in NativeShim.InterfaceName name) => Encoding.Latin1.GetString(LinkKinds.Text(in name));

    private static long Clamped(ulong value) => value > long.MaxValue ? long.MaxValue : (long)value;

    private int List(ProcessDirectory process, ulong inode, int candidates, NativeShim.LinksNamespace* found)
    {
        while (true)
        {
            int count;
            fixed (NativeShim.Link* links = _links)
            fixed (int* at = _candidates)
                count = NativeShim.Links(process.Descriptor, inode, links, _links.Length, at, candidates, found);
            if (count != -Errno.EOVERFLOW || _links.Length >= _maxLinks) return count;
            _links = new NativeShim.Link[(int)Math.Min(_maxLinks, _links.Length * 4L)];
        }
    }

    private bool HasUnknown(int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (_links[i].Place == NativeShim.LinkPlace.Unknown) return true;
        }

        return false;
    }

    /// <summary>The host's own namespace: the agent may be in another one.</summary>
    private int AddFirst()
    {
        _candidates[0] = _first;
        _isInside[0] = false;
        return 1;
    }

    private int AddAll(Container container, IReadOnlyList<Container> others)
    {
        if (_candidates.Length < others.Count + 1)
        {
            _candidates = new int[others.Count + 1];
            _isInside = new bool[others.Count + 1];
        }

        int count = AddFirst();
        foreach (Container other in others)
        {
            if (other.Key == container.Key || other.Init is not { } init) continue;
            _candidates[count] = init.Descriptor;
            _isInside[count++] = CgroupPaths.IsBelow(other.CgroupPath, container.CgroupPath);
        }

        return count;
    }
}
