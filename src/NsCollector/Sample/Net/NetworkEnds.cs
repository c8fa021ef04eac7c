using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Linux.Watch;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Net;

/// <summary>
/// Finds where the last network counters of a container will be once its processes have ended and /proc/PID is no way to
/// them any more: in the namespace itself, where the runtime holds it by a bind mount, else in the host's ends of its veth
/// pairs, which live a little longer than their container.
/// </summary>
/// <remarks>For the sampling thread. Asked for when a container is new to it or its interfaces changed, never each cycle.</remarks>
internal sealed class NetworkEnds
{
    // The kernel's names end in a NUL within 16 bytes.
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly NamespaceMounts _mounts;
    private readonly AgentCounters _counters;
    private readonly RateLimitedLog _log;
    private readonly NativeShim.Peer[] _peers;

    /// <param name="options">The directories, and the bounds.</param>
    /// <param name="roots">Where the host's run directory is.</param>
    /// <param name="counters">Where what goes wrong is counted: ReadErrors, NamespaceFilesOverLimit, PeersOverLimit.</param>
    /// <param name="logger">Where it is said, seldom.</param>
    internal NetworkEnds(SampleOptions options, HostRoots roots, AgentCounters counters, ILogger logger)
    {
        _mounts = new NamespaceMounts(options.NamespaceRoots, options.MaxNamespaceFiles, roots, counters);
        _counters = counters;
        _log = new RateLimitedLog(logger);
        _peers = new NativeShim.Peer[options.MaxPeers];
    }

    /// <summary>Looks whether runtimes hold other namespaces than before; costs one system call a directory where they do not.</summary>
    /// <returns>Whether <see cref="PathOf"/> may answer anew.</returns>
    internal bool Refresh(long nowNs) => _mounts.Refresh(nowNs);

    /// <summary>The file by which the runtime holds a namespace; null where it does not.</summary>
    internal string? PathOf(ulong inode) => _mounts.PathOf(inode);

    /// <summary>Where the counters of a namespace will be; null: nowhere.</summary>
    /// <param name="process">A process that is in it.</param>
    /// <param name="inode">Its inode number.</param>
    internal NetworkEnd? Find(ProcessDirectory process, ulong inode)
    {
        if (_mounts.PathOf(inode) is { } path) return new NetworkEnd(inode, path, []);
        ImmutableArray<(int Index, string Name)> peers = Peers(process, inode);
        return peers.IsEmpty ? null : new NetworkEnd(inode, null, peers);
    }

    private unsafe ImmutableArray<(int Index, string Name)> Peers(ProcessDirectory process, ulong inode)
    {
        int count;
        fixed (NativeShim.Peer* peers = _peers) count = NativeShim.Peers(process.Descriptor, inode, peers, _peers.Length);
        if (count <= 0)
        {
            if (count == -Errno.EOVERFLOW)
            {
                _counters.Add(AgentCounter.PeersOverLimit);
            }
            else if (count is not (0 or -Errno.ESRCH))
            {
                _counters.Add(AgentCounter.ReadErrors);
                _log.Warning("peers", $"The interfaces of process {process.Pid} could not be listed: {-count} ({Marshal.GetPInvokeErrorMessage(-count)})");
            }

            return [];
        }

        ImmutableArray<(int, string)>.Builder found = ImmutableArray.CreateBuilder<(int, string)>(count);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> name = _peers[i].Name;
            int length = name.IndexOf((byte)0);
            try
            {
                found.Add((_peers[i].Index, StrictUtf8.GetString(name[..(length < 0 ? name.Length : length)])));
            }
            catch (DecoderFallbackException)
            {
                // A name that no string can carry leads to no file.
                return [];
            }
        }

        return found.DrainToImmutable();
    }
}
