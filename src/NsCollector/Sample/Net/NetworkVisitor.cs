using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Net;

/// <summary>
/// Reads the counters of network namespaces into <see cref="ContainerSample"/>s: by one native call that enters them one
/// after the other (native/visit.c), or, where that is not permitted, from /proc/PID/net. Both give the same texts to the
/// same parsers.
/// </summary>
/// <remarks>
/// For one thread at a time, which should always be the same. A steady visit allocates nothing; between two visits no
/// descriptor of a namespace is open.
/// </remarks>
public sealed unsafe partial class NetworkVisitor : IDisposable
{
    // Large enough for about thirty namespaces with their protocols, small enough to stay in the processor's cache.
    private const int InitialBuffer = 256 * 1024;
    private const int TargetsPerCall = 256;

    // netstat, the longest, has 5 to 6 KB on Linux 6.18.
    private const int TextLimit = 64 * 1024;

    // A line of net/dev: a name of 15 bytes, two separators and 16 numbers of up to 20 digits.
    private const int DevLineLimit = 360;

    private const long LogIntervalMilliseconds = 60_000;

    private readonly SampleOptions _options;
    private readonly AgentCounters _counters;
    private readonly ILogger _logger;
    private readonly SnmpParser _snmp = new();
    private readonly NetstatParser _netstat = new();
    private readonly int _maxBuffer;
    private NativeShim.Visitor* _visitor;
    private NativeShim.Request* _request;
    private NativeShim.Target* _targets;
    private byte* _buffer;
    private int _capacity;
    private long _nextFailureLog = long.MinValue;

    /// <summary>Finds out what is permitted, decides how to read, and says so once.</summary>
    /// <param name="options">Which texts, which mode, how many interfaces.</param>
    /// <param name="roots">Where the host's procfs is: its process 1 tells the host's own namespace.</param>
    /// <param name="counters">Where failures are counted: SetnsErrors, ReadErrors, InterfacesOverLimit.</param>
    /// <param name="logger">Where the decision, and failures at most once a minute, are said.</param>
    /// <exception cref="InvalidOperationException">The native library was built from another version of its header.</exception>
    public NetworkVisitor(SampleOptions options, HostRoots roots, AgentCounters counters, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(roots);
        ArgumentNullException.ThrowIfNull(counters);
        ArgumentNullException.ThrowIfNull(logger);
        if (!NativeShim.LayoutMatches())
            throw new InvalidOperationException("libnscollector_native is of another version than this program: install both from one build");

        _options = options;
        _counters = counters;
        _logger = logger;
        Permission = NetworkPermission.Probe(roots);
        Mode = Decide(options.Network);

        long devLimit = 512 + ((options.MaxInterfaces + 2L) * DevLineLimit);
        devLimit = Math.Min(devLimit, int.MaxValue / 2);
        _maxBuffer = (int)Math.Max(InitialBuffer, devLimit + ((int)NativeShim.Section.Count * TextLimit));

        _visitor = (NativeShim.Visitor*)NativeMemory.AllocZeroed((nuint)sizeof(NativeShim.Visitor));
        _visitor->ThreadNet = -1;
        _request = (NativeShim.Request*)NativeMemory.AllocZeroed((nuint)sizeof(NativeShim.Request));
        _targets = (NativeShim.Target*)NativeMemory.AllocZeroed(TargetsPerCall, (nuint)sizeof(NativeShim.Target));
        _capacity = InitialBuffer;
        _buffer = (byte*)NativeMemory.Alloc((nuint)_capacity);

        _request->Mode = ShimMode;
        _request->Sections = 1u << (int)NativeShim.Section.Dev;
        if (options.Protocols)
        {
            _request->Sections |= (1u << (int)NativeShim.Section.Snmp)
                | (1u << (int)NativeShim.Section.Netstat)
                | (1u << (int)NativeShim.Section.Sockstat);
        }

        if (options.Conntrack)
            _request->Sections |= (1u << (int)NativeShim.Section.ConntrackCount) | (1u << (int)NativeShim.Section.ConntrackMax);

        _request->DevLimit = (uint)devLimit;
        _request->TextLimit = TextLimit;
        _request->LeaveOutByDev = FirstIdentity(NativeShim.Mode.Proc, $"{roots.Proc}/1", "/proc/thread-self");

        // Where process 1 is guarded against everybody (NetworkPermission), this thread's own namespace stands in for its
        // only if it is the same: the agent may be in a container.
        _request->LeaveOutByNamespace = FirstIdentity(NativeShim.Mode.Visit, $"{roots.Proc}/1");
        if (_request->LeaveOutByNamespace == 0 && FirstIdentity(NativeShim.Mode.Proc, "/proc/thread-self") == _request->LeaveOutByDev)
            _request->LeaveOutByNamespace = FirstIdentity(NativeShim.Mode.Visit, "/proc/thread-self");
    }

    /// <summary>How namespaces are read: never <see cref="NetworkMode.Auto"/>.</summary>
    public NetworkMode Mode { get; }

    /// <summary>How many descriptors of targets' namespaces the visits opened and did not close: 0 between two visits.</summary>
    public int NamespaceDescriptors => _visitor is null ? 0 : _visitor->Open;

    /// <summary>What was found to be permitted.</summary>
    public NetworkPermission Permission { get; }

    private NativeShim.Mode ShimMode => Mode == NetworkMode.Visit ? NativeShim.Mode.Visit : NativeShim.Mode.Proc;

    /// <summary>
    /// What tells the namespace that a process is in from every other living one (the inode of its ns/net, or of its
    /// net/dev where that may not be read); 0 where the process has ended or nothing can be read.
    /// </summary>
    public ulong IdentityOf(ProcessDirectory process)
    {
        ArgumentNullException.ThrowIfNull(process);
        int descriptor = process.Descriptor;
        if (descriptor < 0) return 0;
        ulong identity = NativeShim.NamespaceIdentity(descriptor, ShimMode);
        if (_request->LeaveOutByNamespace == 0 && Mode == NetworkMode.Visit) LearnHost(descriptor, identity);
        return identity;
    }

    /// <summary>Whether an identity is the host's own namespace.</summary>
    public bool IsHost(ulong identity) =>
        identity != 0 && (identity == _request->LeaveOutByNamespace || identity == _request->LeaveOutByDev);

    /// <summary>Reads the namespaces of the first <paramref name="count"/> targets. Every one gets a result; none stops another.</summary>
    public void Visit(NetworkTarget[] targets, int count)
    {
        ArgumentNullException.ThrowIfNull(targets);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, targets.Length);
        for (int i = 0; i < count; i++)
        {
            targets[i].Sample?.ClearNetwork();
            targets[i].Result = NetworkVisitResult.None;
            targets[i].NamespaceInode = 0;
        }

        if (Mode == NetworkMode.Off) return;
        for (int done = 0; done < count;)
        {
            int asked = Math.Min(TargetsPerCall, count - done);
            for (int i = 0; i < asked; i++) _targets[i].Directory = targets[done + i].Init?.Descriptor ?? -1;
            _request->Buffer = (ulong)_buffer;
            _request->Capacity = (ulong)_capacity;

            int finished = NativeShim.Visit(_visitor, _request, _targets, asked);
            if (finished == -Errno.ENOBUFS && Grow(_request->Needed)) continue;
            if (finished == -Errno.ENOBUFS)
            {
                Fail(targets[done], finished);
                finished = 1;
            }
            else if (finished <= 0)
            {
                for (int i = done; i < count; i++) Fail(targets[i], finished);
                return;
            }
            else
            {
                for (int i = 0; i < finished; i++) Take(ref _targets[i], targets[done + i]);
            }

            done += finished;
        }
    }

    /// <summary>Gives back what the visits hold.</summary>
    public void Dispose()
    {
        if (_visitor is null) return;
        NativeShim.VisitorClose(_visitor);
        NativeMemory.Free(_visitor);
        NativeMemory.Free(_request);
        NativeMemory.Free(_targets);
        NativeMemory.Free(_buffer);
        _visitor = null;
        _request = null;
        _targets = null;
        _buffer = null;
    }

    internal static byte[] PathBytes(string path) => Encoding.UTF8.GetBytes(path + "\0");

    /// <summary>
    /// Takes the namespace of a process for the host's where its net/dev is that of the host's first process. Asked twice:
    /// between two questions a process may enter another namespace.
    /// </summary>
    private void LearnHost(int descriptor, ulong identity)
    {
        if (identity == 0 || (identity & NativeShim.IdentityByDev) != 0) return;
        if (NativeShim.NamespaceIdentity(descriptor, NativeShim.Mode.Proc) != _request->LeaveOutByDev) return;
        if (NativeShim.NamespaceIdentity(descriptor, NativeShim.Mode.Visit) == identity) _request->LeaveOutByNamespace = identity;
    }

    private static ulong FirstIdentity(NativeShim.Mode mode, params ReadOnlySpan<string> processes)
    {
        foreach (string process in processes)
        {
            int directory = Libc.Openat(Libc.AT_FDCWD, PathBytes(process), Libc.O_PATH | Libc.O_DIRECTORY);
            if (directory < 0) continue;
            ulong identity = NativeShim.NamespaceIdentity(directory, mode);
            Libc.Close(directory);
            bool byDev = (identity & NativeShim.IdentityByDev) != 0;
            if (identity != 0 && byDev == (mode == NativeShim.Mode.Proc)) return identity;
        }

        return 0;
    }

    private NetworkMode Decide(NetworkMode wanted)
    {
        switch (wanted)
        {
            case NetworkMode.Off:
                return NetworkMode.Off;
            case NetworkMode.Proc:
                LogProc(_logger);
                return NetworkMode.Proc;
            case NetworkMode.Visit when Permission.Missing is { } missing:
                LogVisitNotPermitted(_logger, missing);
                return NetworkMode.Visit;
            case NetworkMode.Auto when Permission.Missing is { } missing:
                LogFallback(_logger, missing);
                return NetworkMode.Proc;
            default:
                LogVisit(_logger);
                return NetworkMode.Visit;
        }
    }

    private bool Grow(ulong needed)
    {
        if (needed > (ulong)_maxBuffer) return false;

        // A quarter more than asked for: the namespace may have grown by the next call.
        int capacity = (int)Math.Min((ulong)_maxBuffer, Math.Max(needed + (needed / 4), (ulong)_capacity * 2));
        if (capacity <= _capacity) return false;
        NativeMemory.Free(_buffer);
        _buffer = (byte*)NativeMemory.Alloc((nuint)capacity);
        _capacity = capacity;
        return true;
    }

    private void Take(ref NativeShim.Target read, NetworkTarget target)
    {
        target.NamespaceInode = read.NamespaceIdentity;
        if (read.Entered < 0)
        {
            _counters.Add(AgentCounter.SetnsErrors);
            Complain(target, read.Entered);
        }

        switch (read.Outcome)
        {
            case (int)NativeShim.Outcome.Read:
                target.Result = NetworkVisitResult.Read;
                if (target.Sample is { } sample) Parse(ref read, sample);
                break;
            case (int)NativeShim.Outcome.Host:
                target.Result = NetworkVisitResult.HostNamespace;
                break;
            case (int)NativeShim.Outcome.Gone:
                target.Result = NetworkVisitResult.ProcessGone;
                break;
            default:
                target.Result = NetworkVisitResult.Failed;
                if (read.Entered < 0) break;
                _counters.Add(AgentCounter.ReadErrors);
                Complain(target, read.Outcome);
                break;
        }
    }

    private void Parse(ref NativeShim.Target read, ContainerSample sample)
    {
        bool understood = true;
        NativeShim.SectionText dev = read.Sections[(int)NativeShim.Section.Dev];
        ReadOnlySpan<byte> text = new(_buffer + dev.Offset, dev.Length);

        // What was cut off may have begun in the last line kept; that line is among those counted.
        if (dev.CutLines > 0) text = text[..(text.LastIndexOf((byte)'\n') + 1)];
        understood &= NetDevParser.Parse(text, sample.Interfaces, _options.Loopback, _options.MaxInterfaces, out int overLimit);
        if (overLimit + dev.CutLines > 0) _counters.Add(AgentCounter.InterfacesOverLimit, overLimit + dev.CutLines);

        if (TryText(ref read, NativeShim.Section.Snmp, ref understood, out text)) understood &= _snmp.Parse(text, sample.Protocols);
        if (TryText(ref read, NativeShim.Section.Netstat, ref understood, out text)) understood &= _netstat.Parse(text, sample.Protocols);
        if (TryText(ref read, NativeShim.Section.Sockstat, ref understood, out text)) understood &= SockstatParser.Parse(text, sample.Protocols);
        if (TryText(ref read, NativeShim.Section.ConntrackCount, ref understood, out text))
            understood &= ConntrackParser.Parse(text, Reading.ConntrackCount, sample.Protocols);
        if (TryText(ref read, NativeShim.Section.ConntrackMax, ref understood, out text))
            understood &= ConntrackParser.Parse(text, Reading.ConntrackMax, sample.Protocols);
        if (!understood) _counters.Add(AgentCounter.ReadErrors);
    }

    private bool TryText(scoped ref NativeShim.Target read, NativeShim.Section which, scoped ref bool understood, out ReadOnlySpan<byte> text)
    {
        text = default;
        NativeShim.SectionText section = read.Sections[(int)which];
        if (section.Length > 0)
        {
            text = new ReadOnlySpan<byte>(_buffer + section.Offset, section.Length);
            return true;
        }

        // A file that this kernel does not offer, or a process that ended (ENXIO: with its namespace) after net/dev was
        // read: absent, and no error.
        if (section.Length is < 0 and not -Errno.ENOENT and not -Errno.ESRCH and not -Errno.ENXIO) understood = false;
        return false;
    }

    private void Fail(NetworkTarget target, int error)
    {
        target.Result = NetworkVisitResult.Failed;
        _counters.Add(AgentCounter.ReadErrors);
        Complain(target, error);
    }

    private void Complain(NetworkTarget target, int error)
    {
        long now = Environment.TickCount64;
        if (now < _nextFailureLog || !_logger.IsEnabled(LogLevel.Warning)) return;
        _nextFailureLog = now + LogIntervalMilliseconds;
        LogFailure(_logger, target.Init?.Pid ?? 0, -error, Marshal.GetPInvokeErrorMessage(-error));
    }

    [LoggerMessage(EventId = 201, Level = LogLevel.Information, Message = "Network counters: each container's namespace is visited")]
    private static partial void LogVisit(ILogger logger);

    [LoggerMessage(EventId = 202, Level = LogLevel.Information, Message = "Network counters: read from /proc/PID/net as network.mode asks; conntrack is not available there")]
    private static partial void LogProc(ILogger logger);

    [LoggerMessage(EventId = 203, Level = LogLevel.Warning, Message = "Network counters: read from /proc/PID/net without visiting the namespaces, for lack of {Missing}; conntrack is not available there")]
    private static partial void LogFallback(ILogger logger, string missing);

    [LoggerMessage(EventId = 204, Level = LogLevel.Error, Message = "Network counters: network.mode = visit, but this process lacks {Missing}; give it that, or set network.mode = auto")]
    private static partial void LogVisitNotPermitted(ILogger logger, string missing);

    [LoggerMessage(EventId = 205, Level = LogLevel.Warning, Message = "The network namespace of process {Pid} could not be entered or read: {Error} ({Text}). More such failures within a minute are counted (setns_errors, read_errors) and not logged")]
    private static partial void LogFailure(ILogger logger, int pid, int error, string text);
}
