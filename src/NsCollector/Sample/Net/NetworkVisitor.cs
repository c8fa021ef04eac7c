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
/// after the other (native/visit.c) or, if that is not permitted, from /proc/PID/net. Both give the same texts to the same
/// parsers. To read another file of each namespace, add it to <see cref="NamespaceFile.For"/>.
/// </summary>
/// <remarks>
/// For one thread at a time, which should always be the same. A steady visit allocates nothing; between two visits no
/// descriptor of a namespace is open.
/// </remarks>
internal sealed unsafe partial class NetworkVisitor : IDisposable
{
    // Large enough for about thirty namespaces with their protocols, small enough to stay in the processor's cache.
    private const int InitialBuffer = 256 * 1024;
    private const int TargetsPerCall = 256;

    private const long LogIntervalMilliseconds = 60_000;

    private readonly SampleOptions _options;
    private readonly AgentCounters _counters;
    private readonly ILogger _logger;
    private readonly NamespaceFile[] _files;

    // The visitor that this one was made from; it knows which namespace is the host's.
    private readonly NetworkVisitor? _first;

    // Bit i: file i of a request belongs to the protocols.
    private uint _protocols;
    private int _maxBuffer;
    private NativeShim.Visitor* _visitor;
    private NativeShim.Request* _request;
    private NativeShim.Target* _targets;
    private NativeShim.VisitFile* _visitFiles;
    private NativeShim.VisitText* _texts;
    private byte* _buffer;
    private readonly NamespaceDumps? _dumps;
    private int _capacity;
    private long _nextFailureLog = long.MinValue;

    /// <summary>Probes what is permitted, decides how to read, and logs it.</summary>
    /// <param name="options">Which texts, which mode, how many interfaces.</param>
    /// <param name="roots">The host's procfs, whose process 1 is in the host's own namespace.</param>
    /// <param name="counters">Counts SetnsErrors, ReadErrors, InterfacesOverLimit.</param>
    /// <param name="logger">Logs the decision, and failures at most once a minute.</param>
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
        _files = NamespaceFile.For(options);
        _dumps = NamespaceDumps.Create(options, Mode, roots, counters);
        Allocate();
        _request->ExcludedDev = FirstIdentity(NativeShim.Mode.Proc, $"{roots.Proc}/1", "/proc/thread-self");
        StartedInHost = _request->ExcludedDev != 0 && FirstIdentity(NativeShim.Mode.Proc, "/proc/thread-self") == _request->ExcludedDev;
        IsInHost = Mode == NetworkMode.Visit && StartedInHost;

        // If process 1 is protected even from root (NetworkPermission), this thread's own namespace is excluded instead, but
        // only if both have the same net/dev: the agent may be in a container.
        _request->ExcludedNamespace = FirstIdentity(NativeShim.Mode.Visit, $"{roots.Proc}/1");
        if (_request->ExcludedNamespace == 0 && FirstIdentity(NativeShim.Mode.Proc, "/proc/thread-self") == _request->ExcludedDev)
            _request->ExcludedNamespace = FirstIdentity(NativeShim.Mode.Visit, "/proc/thread-self");
    }

    private NetworkVisitor(NetworkVisitor first)
    {
        _first = first;
        _options = first._options;
        _counters = first._counters;
        _logger = first._logger;
        Permission = first.Permission;
        Mode = first.Mode;
        _files = NamespaceFile.For(_options);
        _dumps = first._dumps?.ForAnotherThread();
        Allocate();
        _request->ExcludedDev = first._request->ExcludedDev;
    }

    /// <summary>Makes a visitor for one more thread, which reads in the same way. The caller disposes it before this one.</summary>
    public NetworkVisitor ForAnotherThread() => new(this);

    private void Allocate()
    {
        long devLimit = NetDevParser.MaxBytes(_options.MaxInterfaces);
        _maxBuffer = (int)Math.Max(InitialBuffer, devLimit + _files.Sum(file => (long)file.MaxBytes));

        _visitor = (NativeShim.Visitor*)NativeMemory.AllocZeroed((nuint)sizeof(NativeShim.Visitor));
        _visitor->ThreadNet = -1;
        _request = (NativeShim.Request*)NativeMemory.AllocZeroed((nuint)sizeof(NativeShim.Request));
        _targets = (NativeShim.Target*)NativeMemory.AllocZeroed(TargetsPerCall, (nuint)sizeof(NativeShim.Target));
        _capacity = InitialBuffer;
        _buffer = (byte*)NativeMemory.Alloc((nuint)_capacity);

        int fileCount = 1 + _files.Length;
        _visitFiles = (NativeShim.VisitFile*)NativeMemory.AllocZeroed((nuint)fileCount, (nuint)sizeof(NativeShim.VisitFile));
        _texts = (NativeShim.VisitText*)NativeMemory.AllocZeroed((nuint)(fileCount * TargetsPerCall), (nuint)sizeof(NativeShim.VisitText));
        _visitFiles[0] = FileOf("net/dev", (uint)devLimit, NativeShim.VisitFileFlags.Required | NativeShim.VisitFileFlags.Truncate);
        for (int i = 0; i < _files.Length; i++)
        {
            _visitFiles[1 + i] = FileOf(_files[i].Path, (uint)_files[i].MaxBytes, NativeShim.VisitFileFlags.None);
            if (_files[i].IsOfProtocols) _protocols |= 1u << (1 + i);
        }

        _request->Mode = ShimMode;
        _request->FileCount = fileCount;
        _request->Files = (ulong)_visitFiles;
        _request->Texts = (ulong)_texts;
        AllocateSockets();
    }

    /// <summary>How namespaces are read: never <see cref="NetworkMode.Auto"/>.</summary>
    public NetworkMode Mode { get; }

    /// <summary>How many descriptors of targets' namespaces are open: 0 between two visits.</summary>
    public int NamespaceDescriptors => _visitor is null ? 0 : _visitor->Open;

    /// <summary>What the kernel permits.</summary>
    public NetworkPermission Permission { get; }

    private NativeShim.Mode ShimMode => Mode == NetworkMode.Visit ? NativeShim.Mode.Visit : NativeShim.Mode.Proc;

    /// <summary>
    /// A number that distinguishes the namespace of a process from every other living one: the inode number of its ns/net, or
    /// of its net/dev if that may not be read. 0 if the process has exited or nothing can be read.
    /// </summary>
    public ulong IdentityOf(ProcessDirectory process)
    {
        ArgumentNullException.ThrowIfNull(process);
        int descriptor = process.Descriptor;
        if (descriptor < 0) return 0;
        ulong identity = NativeShim.NamespaceIdentity(descriptor, ShimMode);
        if (_request->ExcludedNamespace == 0 && Mode == NetworkMode.Visit) ExcludeIfHost(descriptor, identity);
        return identity;
    }

    /// <summary>Whether an identity is the host's own namespace.</summary>
    public bool IsHost(ulong identity) =>
        identity != 0 && (identity == _request->ExcludedNamespace || identity == _request->ExcludedDev);

    /// <summary>Whether this process itself was in the host's namespace when the visitor was made, in any mode.</summary>
    internal bool StartedInHost { get; }

    /// <summary>Whether this process itself was in the host's namespace when the visitor was made, and enters others.</summary>
    public bool IsInHost { get; }

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
        if (_first is not null) _request->ExcludedNamespace = Volatile.Read(ref _first._request->ExcludedNamespace);
        for (int done = 0; done < count;)
        {
            int requested = Math.Min(TargetsPerCall, count - done);
            for (int i = 0; i < requested; i++)
            {
                _targets[i].Directory = targets[done + i].Init?.Descriptor ?? -1;
                _targets[i].Skipped = targets[done + i].SkipsProtocols ? _protocols : 0;
                if (_sockets is not null) BeginDumps(i, targets[done + i]);
            }

            _request->Buffer = (ulong)_buffer;
            _request->Capacity = (ulong)_capacity;

            int finished = NativeShim.Visit(_visitor, _request, _targets, requested);
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
                for (int i = 0; i < finished; i++) Apply(i, targets[done + i]);
            }

            done += finished;
        }
    }

    /// <summary>Closes descriptors and frees buffers.</summary>
    public void Dispose()
    {
        if (_visitor is null) return;
        NativeShim.VisitorClose(_visitor);
        NativeMemory.Free(_visitor);
        NativeMemory.Free(_request);
        NativeMemory.Free(_targets);
        for (int i = 0; i <= _files.Length; i++) Marshal.FreeCoTaskMem((nint)_visitFiles[i].Path);
        NativeMemory.Free(_visitFiles);
        NativeMemory.Free(_texts);
        NativeMemory.Free(_sockets);
        NativeMemory.Free(_flows);
        NativeMemory.Free(_buffer);
        _visitor = null;
        _sockets = null;
        _flows = null;
        _request = null;
        _targets = null;
        _visitFiles = null;
        _texts = null;
        _buffer = null;
    }

    private static NativeShim.VisitFile FileOf(string path, uint limit, NativeShim.VisitFileFlags flags) =>
        new() { Path = (ulong)Marshal.StringToCoTaskMemUTF8(path), Limit = limit, Flags = flags };

    internal static byte[] PathBytes(string path) => Encoding.UTF8.GetBytes(path + "\0");

    /// <summary>
    /// Excludes the namespace of a process as the host's if its net/dev is that of the host's first process. The identity is
    /// read again afterwards: the process may have entered another namespace meanwhile.
    /// </summary>
    private void ExcludeIfHost(int descriptor, ulong identity)
    {
        if (identity == 0 || (identity & NativeShim.IdentityByDev) != 0) return;
        if (NativeShim.NamespaceIdentity(descriptor, NativeShim.Mode.Proc) != _request->ExcludedDev) return;
        if (NativeShim.NamespaceIdentity(descriptor, NativeShim.Mode.Visit) == identity) _request->ExcludedNamespace = identity;
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

        // A quarter more than needed: the namespace may have grown by the next call.
        int capacity = (int)Math.Min((ulong)_maxBuffer, Math.Max(needed + (needed / 4), (ulong)_capacity * 2));
        if (capacity <= _capacity) return false;
        NativeMemory.Free(_buffer);
        _buffer = (byte*)NativeMemory.Alloc((nuint)capacity);
        _capacity = capacity;
        return true;
    }

    private void Apply(int index, NetworkTarget target)
    {
        NativeShim.Target read = _targets[index];
        target.NamespaceInode = read.NamespaceIdentity;
        if (read.Outcome != (int)NativeShim.Outcome.Read || read.Entered < 0) CancelDump(target);
        if (read.Entered < 0)
        {
            _counters.Add(AgentCounter.SetnsErrors);
            WarnAboutFailure(target, read.Entered);
        }

        switch (read.Outcome)
        {
            case (int)NativeShim.Outcome.Read:
                target.Result = NetworkVisitResult.Read;
                if (target.Sample is { } sample) Parse(_texts + (index * _request->FileCount), sample);

                // Not if the namespace refused to be entered and was read from outside.
                if (_sockets is not null && read.Entered == 0 && Mode == NetworkMode.Visit) AcceptSockets(ref _sockets[index], target, read.NamespaceIdentity);
                if (read.Entered == 0) _dumps?.Read(target);
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
                WarnAboutFailure(target, read.Outcome);
                break;
        }
    }

    private void Parse(NativeShim.VisitText* texts, ContainerSample sample)
    {
        NativeShim.VisitText dev = texts[0];
        ReadOnlySpan<byte> text = new(_buffer + dev.Offset, dev.Length);

        // The cut may be within the last line, which is one of those counted.
        if (dev.CutLines > 0) text = text[..(text.LastIndexOf((byte)'\n') + 1)];
        bool understood = NetDevParser.Parse(text, sample.Interfaces, _options.Loopback, _options.MaxInterfaces, out int overLimit);
        if (overLimit + dev.CutLines > 0) _counters.Add(AgentCounter.InterfacesOverLimit, overLimit + dev.CutLines);

        for (int i = 0; i < _files.Length; i++)
        {
            NativeShim.VisitText file = texts[1 + i];
            if (file.Length > 0)
            {
                ReadOnlySpan<byte> own = new(_buffer + file.Offset, file.Length);
                understood &= _files[i].DetailParser is { } parser ? parser.Parse(own, sample.Protocols, sample.BeginTcpDetail()) : _files[i].Parse(own, sample.Protocols);
            }
            else if (file.Length != -Errno.ENOENT)
            {
                foreach (Reading reading in _files[i].Completes) sample.Protocols.Remove(reading);
                // Not an error: ENOENT of a file that this kernel does not offer; ESRCH and ENXIO of a process that exited
                // after net/dev was read.
                if (file.Length is < 0 and not -Errno.ESRCH and not -Errno.ENXIO) understood = false;
            }
        }

        if (!understood) _counters.Add(AgentCounter.ReadErrors);
    }

    private void Fail(NetworkTarget target, int error)
    {
        CancelDump(target);
        target.Result = NetworkVisitResult.Failed;
        _counters.Add(AgentCounter.ReadErrors);
        WarnAboutFailure(target, error);
    }

    private void WarnAboutFailure(NetworkTarget target, int error)
    {
        long now = Environment.TickCount64;
        if (now < _nextFailureLog || !_logger.IsEnabled(LogLevel.Warning)) return;
        _nextFailureLog = now + LogIntervalMilliseconds;
        LogFailure(_logger, target.Init?.Pid ?? 0, -error, Marshal.GetPInvokeErrorMessage(-error));
    }
}
