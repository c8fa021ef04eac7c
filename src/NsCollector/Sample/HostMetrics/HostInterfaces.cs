using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Sample.Net;
using NsCollector.Telemetry;

namespace NsCollector.Sample.HostMetrics;

/// <summary>
/// The interfaces of the host's network namespace without the host's ends of veth pairs, which belong to containers. Which are veths
/// the kernel says (IFLA_INFO_KIND, by rtnetlink); it is asked again when the names have changed.
/// </summary>
/// <param name="roots">The host's procfs, whose process 1 is in the host's own namespace.</param>
/// <param name="options">The most interfaces.</param>
/// <param name="counters">Counts failures.</param>
internal sealed unsafe class HostInterfaces(HostRoots roots, HostOptions options, AgentCounters counters)
{
    private readonly RowTable _all = RowTable.Of(Catalogue.SamplePart.HostInterfaces);
    private readonly HashSet<ulong> _veths = [];
    private NativeShim.Link[] _links = new NativeShim.Link[32];
    private ulong _names;
    private bool _areVethsKnown;

    /// <summary>Adds a row for each interface.</summary>
    /// <param name="text">The host's net/dev.</param>
    /// <param name="into">Receives the rows; not cleared.</param>
    /// <returns>False if a line was malformed, or it is not known which interfaces are veths; then no row is added.</returns>
    internal bool Parse(ReadOnlySpan<byte> text, RowTable into)
    {
        _all.Clear();
        bool understood = NetDevParser.Parse(text, _all, loopback: true, options.MaxInterfaces, out int overLimit);
        if (overLimit > 0) counters.Add(AgentCounter.InterfacesOverLimit, overLimit);
        ulong names = 0;
        for (int i = 0; i < _all.Count; i++) names += Hash(_all[i].Key);
        if (names != _names || !_areVethsKnown) _areVethsKnown = FindVeths();
        _names = names;
        if (!_areVethsKnown) return false;
        for (int i = 0; i < _all.Count; i++)
        {
            if (!_veths.Contains(Hash(_all[i].Key))) into.Add(_all[i].Key).Readings.SetAll(_all[i].Readings);
        }

        return understood;
    }

    private bool FindVeths()
    {
        int count = List();
        if (count < 0) return false;
        _veths.Clear();
        foreach (ref readonly NativeShim.Link link in _links.AsSpan(0, count))
        {
            if (Text(in link.Kind).SequenceEqual("veth"u8)) _veths.Add(Hash(Text(in link.Name)));
        }

        return true;
    }

    private int List()
    {
        int first = Open($"{roots.Proc}/1"), own = Open("/proc/thread-self");

        // The agent may be in a container with a network of its own. Compared by net/dev, because the ns/net of process 1 may be
        // protected even from root.
        bool isOwn = first >= 0 && own >= 0
            && NativeShim.NamespaceIdentity(first, NativeShim.Mode.Proc) == NativeShim.NamespaceIdentity(own, NativeShim.Mode.Proc);
        ulong identity = isOwn || first < 0 ? 0 : NativeShim.NamespaceIdentity(first, NativeShim.Mode.Visit);
        int count = -Errno.EOVERFLOW;
        while (count == -Errno.EOVERFLOW && _links.Length <= options.MaxInterfaces)
        {
            NativeShim.LinksNamespace found;
            fixed (NativeShim.Link* links = _links)
                count = isOwn ? NativeShim.OwnLinks(links, _links.Length) : NativeShim.Links(first, identity, links, _links.Length, null, 0, &found);
            if (count == -Errno.EOVERFLOW) _links = new NativeShim.Link[_links.Length * 2];
        }

        if (first >= 0) Libc.Close(first);
        if (own >= 0) Libc.Close(own);
        return count;
    }

    private static int Open(string process) =>
        Libc.Openat(Libc.AT_FDCWD, System.Text.Encoding.UTF8.GetBytes(process + "\0"), Libc.O_PATH | Libc.O_DIRECTORY);

    private static ReadOnlySpan<byte> Text(in NativeShim.InterfaceName name)
    {
        ReadOnlySpan<byte> bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(new ReadOnlySpan<NativeShim.InterfaceName>(in name));
        int end = bytes.IndexOf((byte)0);
        return end < 0 ? bytes : bytes[..end];
    }

    // FNV-1a.
    private static ulong Hash(ReadOnlySpan<byte> name)
    {
        ulong hash = 14695981039346656037;
        foreach (byte b in name) hash = (hash ^ b) * 1099511628211;
        return hash;
    }
}
