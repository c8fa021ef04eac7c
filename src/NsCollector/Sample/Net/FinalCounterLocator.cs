using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;
using NsCollector.Discover;
using NsCollector.Discover.Watch;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Net;

/// <summary>
/// Finds where the final network counters of a container can be read after its processes have exited: in the namespace
/// itself, if the runtime has bind-mounted it; else from the host's veth peers, which exist a little longer than the
/// container.
/// </summary>
/// <remarks>For the sampling thread. Called when a container is new or its interfaces have changed, never each cycle.</remarks>
internal sealed class FinalCounterLocator
{
    // The kernel's names end in a NUL within 16 bytes.
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly NamespaceMounts _mounts;
    private readonly AgentCounters _counters;
    private readonly RateLimitedLog _log;
    private readonly NativeShim.Peer[] _peers;

    /// <param name="options">The directories, and the bounds.</param>
    /// <param name="roots">Where the host's run directory is.</param>
    /// <param name="counters">Counts ReadErrors, NamespaceFilesOverLimit, PeersOverLimit.</param>
    /// <param name="logger">Logs failures, rate-limited.</param>
    internal FinalCounterLocator(SampleOptions options, HostRoots roots, AgentCounters counters, ILogger logger)
    {
        _mounts = new NamespaceMounts(options.NamespaceRoots, options.MaxNamespaceFiles, roots, counters);
        _counters = counters;
        _log = new RateLimitedLog(logger);
        _peers = new NativeShim.Peer[options.MaxPeers];
    }

    /// <summary>Checks whether runtimes have mounted other namespaces; costs one system call for each directory if not.</summary>
    /// <returns>Whether <see cref="PathOf"/> may return another path.</returns>
    internal bool Refresh(long nowNs) => _mounts.Refresh(nowNs);

    /// <summary>The file at which the runtime has mounted a namespace; null if it has not.</summary>
    internal string? PathOf(ulong inode) => _mounts.PathOf(inode);

    /// <summary>Where the final counters of a namespace can be read; null: nowhere.</summary>
    /// <param name="process">A process that is in it.</param>
    /// <param name="inode">Its inode number.</param>
    internal FinalCounterSource? Find(ProcessDirectory process, ulong inode)
    {
        if (_mounts.PathOf(inode) is { } path) return new FinalCounterSource(inode, path, []);
        ImmutableArray<(int Index, string Name)> peers = Peers(process, inode);
        return peers.IsEmpty ? null : new FinalCounterSource(inode, null, peers);
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
                _log.Warning("peers", $"Cannot list the interfaces of process {process.Pid}: {-count} ({Marshal.GetPInvokeErrorMessage(-count)})");
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
                // A name that is not UTF-8 cannot be part of a path here.
                return [];
            }
        }

        return found.DrainToImmutable();
    }
}
