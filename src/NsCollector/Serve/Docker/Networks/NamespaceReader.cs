using System.Collections.Immutable;
using System.Text;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Serve.Docker.Host;
using NsCollector.Serve.Docker.Top;

namespace NsCollector.Serve.Docker.Networks;

/// <summary>Reads the addresses of network namespaces from /proc/PID/net, without entering them. Used by one thread at a time.</summary>
/// <param name="proc">The host's procfs.</param>
internal sealed class NamespaceReader(string proc)
{
    // A namespace may have any number of addresses and routes; what is beyond is left out.
    private const int MaxBytes = 64 << 10, MaxHostBytes = 256 << 10;

    private readonly byte[] _buffer = new byte[MaxHostBytes];
    private ulong _hostIdentity;

    /// <summary>Reads the subnets of the host's bridges, and which namespace is the host's: that of process 1.</summary>
    internal BridgeSubnets ReadHost(ImmutableArray<DockerNetwork> bridges)
    {
        int process = OpenProcess(1);
        if (process < 0) return new BridgeSubnets([], [], []);
        _hostIdentity = IdentityOf(process);
        List<Ipv4Route> routes = bridges.IsEmpty ? [] : Ipv4Route.Parse(Read(process, "net/route\0"u8, MaxHostBytes));
        List<Ipv6Address> addresses = bridges.IsEmpty ? [] : Ipv6Address.Parse(Read(process, "net/if_inet6\0"u8, MaxHostBytes));
        Libc.Close(process);
        return new BridgeSubnets(bridges, routes, addresses);
    }

    /// <summary>Reads the addresses of a container. Call <see cref="ReadHost"/> first.</summary>
    /// <param name="init">Its init process.</param>
    /// <param name="host">The host's bridges.</param>
    /// <param name="inner">Its interfaces that do not lead out.</param>
    internal NetworkReading Read(ProcessDirectory init, BridgeSubnets host, IReadOnlySet<string> inner)
    {
        // The descriptor of discovery may be closed at any time. Every look-up through this one fails after the process has exited.
        int process = OpenProcess(init.Pid);
        if (process < 0) return NetworkReading.Nothing;
        try
        {
            if (!IsSame(process, init) || IdentityOf(process) is not (> 0 and var identity)) return NetworkReading.Nothing;
            if (identity == _hostIdentity) return NetworkReading.Host;
            List<Ipv6Address> addresses6 = Ipv6Address.Parse(Read(process, "net/if_inet6\0"u8, MaxBytes));
            ImmutableArray<InterfaceAddresses> interfaces = NamespaceAddresses.Of(
                LocalAddresses.Parse(Read(process, "net/fib_trie\0"u8, MaxBytes)),
                Ipv4Route.Parse(Read(process, "net/route\0"u8, MaxBytes)),
                addresses6,
                addresses6.Count > 0 ? Ipv6Gateways.Parse(Read(process, "net/ipv6_route\0"u8, MaxBytes)) : [],
                inner);
            return new NetworkReading(false, [.. interfaces.Select(one => one with { Bridge = host.BridgeOf(one.Address) ?? host.BridgeOf(one.Address6) })]);
        }
        finally
        {
            Libc.Close(process);
        }
    }

    private int OpenProcess(int pid) =>
        Libc.Openat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(FormattableString.Invariant($"{proc}/{pid}\0")), Libc.O_PATH | Libc.O_DIRECTORY);

    // The pid may be in use again.
    private bool IsSame(int process, ProcessDirectory init) =>
        init.StartedBoottimeNs <= 0
        || (ProcessRow.Parse(init.Pid, Read(process, "stat\0"u8, MaxBytes)) is { } row && row.StartTicks * BootClock.TickNs == init.StartedBoottimeNs);

    // procfs assigns it once per namespace and shows it to everybody.
    private static ulong IdentityOf(int process) => Libc.Statx(process, "net/dev\0"u8, out FileStatus status) >= 0 ? status.Inode : 0;

    private ReadOnlySpan<byte> Read(int process, ReadOnlySpan<byte> pathWithNul, int maxBytes)
    {
        int descriptor = Libc.Openat(process, pathWithNul);
        if (descriptor < 0) return [];
        int length = Libc.PreadFully(descriptor, _buffer.AsSpan(0, maxBytes));
        Libc.Close(descriptor);
        return length <= 0 ? [] : _buffer.AsSpan(0, length);
    }
}
