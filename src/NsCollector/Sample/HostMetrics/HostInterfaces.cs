using System.Text;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Sample.Net;
using NsCollector.Sample.Traffic;
using NsCollector.Telemetry;

namespace NsCollector.Sample.HostMetrics;

/// <summary>
/// The interfaces of the host's network namespace without the host's ends of veth pairs, which belong to containers. The kernel
/// says what each is (IFLA_INFO_KIND, by rtnetlink). It is asked again when the names have changed, and once a minute, because a name
/// can be used again by an interface of another kind.
/// </summary>
/// <remarks>For the sampling thread; a steady reading allocates nothing. An interface that is not known yet is left out until it is.</remarks>
/// <param name="roots">The host's procfs, whose process 1 is in the host's own namespace.</param>
/// <param name="options">The most interfaces.</param>
/// <param name="counters">Counts failures.</param>
internal sealed unsafe class HostInterfaces(HostRoots roots, HostOptions options, AgentCounters counters)
{
    private const long ListEveryNs = 60_000_000_000;

    // A host with thousands of veths takes milliseconds to list them: at most a twentieth of the time is spent on it.
    private const long RestFactor = 20;

    // 23 MB; only as many as there are take memory.
    private const int MaxLinks = 1 << 18;

    private readonly RowTable _all = RowTable.Of(Catalogue.SamplePart.HostInterfaces);

    // Hashes of the names of those that are not veths.
    private readonly HashSet<ulong> _reported = [];
    private NativeShim.Link[] _links = new NativeShim.Link[32];
    private ulong _names;
    private long _listNotBeforeNs = long.MinValue;
    private long _listAtNs = long.MinValue;

    /// <summary>Whether the agent is in the host's own network namespace; false until that is known.</summary>
    internal bool IsInHostNamespace { get; private set; }

    /// <summary>How much of net/dev is read.</summary>
    internal int MaxBytes { get; } = NetDevParser.MaxBytes(options.MaxInterfaces);

    /// <summary>Adds a row for each interface.</summary>
    /// <param name="text">The host's net/dev.</param>
    /// <param name="into">Receives the rows; not cleared.</param>
    /// <param name="nowNs">The monotonic clock.</param>
    /// <returns>False if a line was malformed.</returns>
    internal bool Parse(ReadOnlySpan<byte> text, RowTable into, long nowNs)
    {
        _all.Clear();
        bool understood = NetDevParser.Parse(text, _all, loopback: true, options.MaxInterfaces, out int overLimit);
        if (overLimit > 0) counters.Add(AgentCounter.InterfacesOverLimit, overLimit);
        ulong names = 1;
        for (int i = 0; i < _all.Count; i++) names += Fnv1a.Hash(_all[i].Key);
        if (nowNs >= _listNotBeforeNs && (names != _names || nowNs >= _listAtNs))
        {
            Find(nowNs);
            _names = names;
        }

        for (int i = 0; i < _all.Count; i++)
        {
            if (_reported.Contains(Fnv1a.Hash(_all[i].Key))) into.Add(_all[i].Key).Readings.SetAll(_all[i].Readings);
        }

        return understood;
    }

    private void Find(long nowNs)
    {
        int count = List();
        long tookNs = SystemClock.MonotonicNs() - nowNs;
        _listAtNs = nowNs + ListEveryNs;
        _listNotBeforeNs = count < 0 ? _listAtNs : nowNs + (RestFactor * tookNs);
        _reported.Clear();
        if (count < 0)
        {
            counters.Add(AgentCounter.ReadErrors);
            return;
        }

        foreach (ref readonly NativeShim.Link link in _links.AsSpan(0, count))
        {
            if (!LinkKinds.Text(in link.Kind).SequenceEqual("veth"u8)) _reported.Add(Fnv1a.Hash(LinkKinds.Text(in link.Name)));
        }
    }

    private int List()
    {
        int first = Open($"{roots.Proc}/1"), own = Open("/proc/thread-self");

        // The agent may be in a container with a network of its own. Compared by net/dev, because the ns/net of process 1 may be
        // protected even from root.
        ulong firstDev = first < 0 ? 0 : NativeShim.NamespaceIdentity(first, NativeShim.Mode.Proc);
        bool isOwn = IsInHostNamespace = firstDev != 0 && own >= 0 && firstDev == NativeShim.NamespaceIdentity(own, NativeShim.Mode.Proc);
        ulong identity = isOwn || first < 0 ? 0 : NativeShim.NamespaceIdentity(first, NativeShim.Mode.Visit);
        int count;
        while (true)
        {
            NativeShim.LinksNamespace found;
            fixed (NativeShim.Link* links = _links)
                count = isOwn ? NativeShim.OwnLinks(links, _links.Length) : NativeShim.Links(first, identity, links, _links.Length, null, 0, &found);
            if (count != -Errno.EOVERFLOW || _links.Length >= MaxLinks) break;
            _links = new NativeShim.Link[_links.Length * 2];
        }

        if (first >= 0) Libc.Close(first);
        if (own >= 0) Libc.Close(own);
        return count;
    }

    private static int Open(string process) => Libc.Openat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(process + "\0"), Libc.O_PATH | Libc.O_DIRECTORY);
}
