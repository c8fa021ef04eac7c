using Microsoft.Extensions.Logging;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Flows;

/// <summary>Receives what the kernel reports of closed connections (native/flows.c), on a thread of its own, and adds it to a table.</summary>
/// <remarks>The thread stays in the namespace of the process. A reading allocates nothing.</remarks>
internal sealed partial class FlowReceiver : IDisposable
{
    // Messages are read in batches: one wake-up for each message would cost more than the message.
    private const int PauseMs = 20;
    private const int Batch = 256;
    private const int MaxBatches = 256;

    private readonly Lock _lock = new();
    private readonly FlowTable _table;
    private readonly AgentCounters _counters;
    private readonly ILogger _logger;
    private readonly WakeSignal _end = new();
    private readonly NativeShim.Flow[] _flows = new NativeShim.Flow[Batch];
    private readonly NativeShim.NamespaceNumberEvent[] _events = new NativeShim.NamespaceNumberEvent[64];
    private Thread? _thread;
    private int _socket, _numbers = -1;
    private uint _lostBefore;
    private volatile bool _isEnding;

    /// <summary>Opens the sockets, in the namespace of the calling thread.</summary>
    /// <param name="table">Receives the connections.</param>
    /// <param name="bufferBytes">Of messages that wait to be read.</param>
    /// <param name="counters">Counts FlowsReceived, FlowsLost and FlowErrors.</param>
    /// <param name="logger">Receives the reason if the receiver fails later.</param>
    internal FlowReceiver(FlowTable table, long bufferBytes, AgentCounters counters, ILogger logger)
    {
        _table = table;
        _counters = counters;
        _logger = logger;

        // The kernel doubles it.
        _socket = NativeShim.FlowsOpen((int)(bufferBytes / 2));
        if (_socket >= 0) _numbers = NativeShim.NamespaceNumbersOpen();
        Error = _socket < 0 ? -_socket : _numbers < 0 ? -_numbers : 0;
    }

    /// <summary>The errno with which the kernel refused the sockets; 0 if they are open.</summary>
    internal int Error { get; }

    /// <summary>Starts the thread.</summary>
    internal void Start()
    {
        _thread = new Thread(Run) { Name = "flows", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Reads what has arrived, without waiting. Any thread may call it.</summary>
    internal unsafe void Drain()
    {
        lock (_lock)
        {
            if (_socket < 0) return;

            // The messages of a namespace come before its number is freed: so they are read after that is, and before it counts.
            int events = ReadEvents();
            int messages = Batch;
            for (int i = 0; i < MaxBatches && messages >= Batch; i++)
            {
                int count;
                fixed (NativeShim.Flow* flows = _flows) count = NativeShim.FlowsRead(_socket, flows, Batch, &messages);
                if (count < 0)
                {
                    Fail(-count);
                    return;
                }

                _counters.Add(AgentCounter.FlowsReceived, count);
                if (messages > count) _counters.Add(AgentCounter.FlowErrors, messages - count);
                _table.Add(_flows.AsSpan(0, count));
            }

            for (int i = 0; i < events; i++) Apply(_events[i]);
        }
    }

    /// <summary>How many closed connections were lost since the last call, because the buffer of the socket was full.</summary>
    internal long TakeLost()
    {
        lock (_lock)
        {
            long now = _socket < 0 ? -1 : NativeShim.FlowsLost(_socket);
            if (now < 0) return 0;
            uint lost = (uint)now - _lostBefore;
            _lostBefore = (uint)now;
            if (lost > 0) _counters.Add(AgentCounter.FlowsLost, lost);
            return lost;
        }
    }

    /// <summary>How many were lost since <see cref="TakeLost"/>.</summary>
    internal long CountLost()
    {
        lock (_lock) return _socket >= 0 && NativeShim.FlowsLost(_socket) is >= 0 and long now ? (uint)now - _lostBefore : 0;
    }

    /// <summary>Ends the thread and closes the sockets.</summary>
    public void Dispose()
    {
        _isEnding = true;
        _end.Set();
        _thread?.Join();
        lock (_lock) Close();
        _end.Dispose();
    }

    private void Run()
    {
        Span<Libc.PollDescriptor> all =
        [
            new() { Descriptor = _end.Descriptor, Events = Libc.POLLIN },
            new() { Descriptor = _socket, Events = Libc.POLLIN },
            new() { Descriptor = _numbers, Events = Libc.POLLIN },
        ];
        while (!_isEnding)
        {
            // Without an eventfd, the timeout ends the thread.
            int ready = Libc.Poll(all, _end.Descriptor < 0 ? 1000 : -1);
            if (_isEnding || _socket < 0) return;
            if (ready > 0) Drain();
            _end.Wait(PauseMs);
        }
    }

    private unsafe int ReadEvents()
    {
        int count;
        fixed (NativeShim.NamespaceNumberEvent* events = _events) count = NativeShim.NamespaceNumbersRead(_numbers, events, _events.Length);
        if (count >= 0) return count;
        _counters.Add(AgentCounter.FlowErrors);
        return 0;
    }

    private void Apply(NativeShim.NamespaceNumberEvent change)
    {
        if (change.Kind == NativeShim.NamespaceNumberEventKind.Freed) _table.Free(change.Number);
        else if (change.Kind == NativeShim.NamespaceNumberEventKind.Lost) _table.FreeAll();
    }

    private void Fail(int error)
    {
        _counters.Add(AgentCounter.FlowErrors);
        LogFailed(_logger, error);
        Close();
    }

    private void Close()
    {
        if (_socket >= 0) Libc.Close(_socket);
        if (_numbers >= 0) Libc.Close(_numbers);
        _socket = _numbers = -1;
    }

    [LoggerMessage(EventId = 211, Level = LogLevel.Error, Message = "container_flow is not reported any more, because the socket for closed connections failed with errno {Error}. Restart the agent.")]
    private static partial void LogFailed(ILogger logger, int error);
}
