using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using NsCollector.Telemetry;

namespace NsCollector.Host.Systemd;

/// <summary>
/// Sends notifications to systemd (sd_notify(3)) from a thread of its own. The package's notifier opens a blocking socket at
/// each call and throws when nothing listens: here a caller only queues a message, and a failure is counted and logged.
/// </summary>
/// <remarks>
/// States (READY, RELOADING, STOPPING) keep their order. Of STATUS and WATCHDOG only the latest waits, so memory is bounded
/// however long systemd does not read.
/// </remarks>
internal sealed class BackgroundNotifier : ISystemdNotifier, IDisposable
{
    /// <summary>Maximum states that wait; the oldest is dropped for a new one.</summary>
    internal const int MaxQueuedStates = 16;

    private const string ReadyText = "READY=1";
    private const string StoppingText = "STOPPING=1";
    private const string StatusPrefix = "STATUS=";
    private const string WatchdogText = "WATCHDOG=1";

    // At the end of the agent: together with the default stop_timeout less than the unit's TimeoutStopSec=10s.
    private static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(1);

    private static readonly ServiceState Watchdog = new(WatchdogText);

    private readonly ISystemdNotifier _inner;
    private readonly TimeSpan _overdue;
    private readonly RateLimitedLog _log;
    private readonly Thread? _thread;
    private readonly object _lock = new();
    private readonly Queue<ServiceState> _states = new(MaxQueuedStates);
    private ServiceState? _status;
    private bool _watchdog;
    private bool _stopping;
    private bool _disposed;
    private long? _sendingSinceMs;
    private bool _isSendingCounted;
    private long _failed;
    private string _readyStatus = "";

    /// <summary>Starts the thread, from which <paramref name="inner"/> is called; no thread if it is not enabled.</summary>
    /// <param name="inner">Sends one message; may block and throw.</param>
    /// <param name="logger">Receives at most one message an hour about notifications that fail.</param>
    /// <param name="overdue">A message that takes longer to send is reported; 5 s if null.</param>
    internal BackgroundNotifier(ISystemdNotifier inner, ILogger logger, TimeSpan? overdue = null)
    {
        _inner = inner;
        _overdue = overdue ?? TimeSpan.FromSeconds(5);
        _log = new RateLimitedLog(logger, TimeSpan.FromHours(1));
        if (!inner.IsEnabled) return;
        _thread = new Thread(Run, maxStackSize: 256 * 1024) { Name = "notify", IsBackground = true };
        _thread.Start();
    }

    /// <inheritdoc/>
    public bool IsEnabled => _thread is not null;

    /// <summary>Messages that could not be sent, or not in time, or were dropped because systemd did not read.</summary>
    internal long Failed => Interlocked.Read(ref _failed);

    /// <summary>Creates the notifier for NOTIFY_SOCKET. An unusable address is logged once, and nothing is sent.</summary>
    internal static BackgroundNotifier FromEnvironment(ILogger logger)
    {
        if (AddressProblem(Environment.GetEnvironmentVariable("NOTIFY_SOCKET")) is not { } problem) return new BackgroundNotifier(new SystemdNotifier(), logger);
        AgentLog.CannotNotify(logger, problem);
        return new BackgroundNotifier(new DisabledNotifier(), logger);
    }

    /// <summary>Why nothing can be sent to this value of NOTIFY_SOCKET; null if something may listen there, or if it is not set.</summary>
    internal static string? AddressProblem(string? address)
    {
        if (string.IsNullOrEmpty(address)) return null;
        if (address[0] is not ('/' or '@')) return "NOTIFY_SOCKET is neither a path nor an abstract address (vsock is for virtual machines)";
        try
        {
            _ = new UnixDomainSocketEndPoint(address[0] == '@' ? "\0" + address[1..] : address);
            return null;
        }
        catch (ArgumentException)
        {
            return "NOTIFY_SOCKET is longer than a socket address can be (107 bytes)";
        }
    }

    /// <summary>Sets the STATUS that goes into the same message as READY=1, so that systemd never shows the agent as ready without one.</summary>
    internal void SetReadyStatus(string status) => Volatile.Write(ref _readyStatus, status);

    /// <summary>Queues what systemctl status shows.</summary>
    internal void NotifyStatus(string status) => Notify(new ServiceState(StatusPrefix + OneLine(status)));

    /// <summary>Queues that a reload begins; READY=1 ends it.</summary>
    /// <param name="monotonicUs">CLOCK_MONOTONIC in microseconds: systemd matches the reload with the signal that asked for it by this time.</param>
    internal void NotifyReloading(long monotonicUs) =>
        Notify(new ServiceState(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={monotonicUs}")));

    /// <summary>Queues a keep-alive for WatchdogSec=.</summary>
    internal void NotifyWatchdog() => Notify(Watchdog);

    /// <summary>Queues a message and returns at once.</summary>
    public void Notify(ServiceState state)
    {
        if (_thread is null) return;
        string text = state.ToString();
        bool overdue;
        lock (_lock)
        {
            overdue = _sendingSinceMs is { } since && Environment.TickCount64 - since > _overdue.TotalMilliseconds;
            if (overdue) CountSending();
            if (text.StartsWith(StatusPrefix, StringComparison.Ordinal)) _status = state;
            else if (text == WatchdogText) _watchdog = true;
            else Queue(state, text);
            Monitor.Pulse(_lock);
        }

        if (overdue) Report("systemd does not read its socket NOTIFY_SOCKET");
    }

    /// <summary>Sends what is queued, for one second at most, and ends the thread.</summary>
    public void Dispose()
    {
        if (_thread is null) return;
        lock (_lock)
        {
            _disposed = true;
            Monitor.Pulse(_lock);
        }

        if (!_thread.Join(FlushTimeout)) Report("systemd did not read the last messages in time");
    }

    // A line break would start another assignment.
    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Replace('\0', ' ');

    private static string Reason(Exception exception) => exception switch
    {
        // .NET has no code for ENOENT of its own.
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable or SocketError.ConnectionRefused } => "nothing listens on the socket NOTIFY_SOCKET",
        SocketException socket => "cannot send to the socket NOTIFY_SOCKET: " + socket.SocketErrorCode,
        _ => "cannot send to the socket NOTIFY_SOCKET: " + exception.GetType().Name,
    };

    private void Queue(ServiceState state, string text)
    {
        if (text == ReadyText)
        {
            // SIGTERM may come just as the start ends: the host then reports both, in either order.
            if (_stopping) return;
            state = new ServiceState($"{ReadyText}\n{StatusPrefix}{OneLine(Volatile.Read(ref _readyStatus))}");
            _status = null;
        }

        if (text == StoppingText) _stopping = true;
        if (_states.Count == MaxQueuedStates)
        {
            _states.Dequeue();
            Interlocked.Increment(ref _failed);
        }

        _states.Enqueue(state);
    }

    // Counts the message that is being sent as failed, once: it may be overdue and then fail.
    private void CountSending()
    {
        lock (_lock)
        {
            if (_isSendingCounted) return;
            _isSendingCounted = true;
            Interlocked.Increment(ref _failed);
        }
    }

    private void Run()
    {
        while (Next() is { } state)
        {
            try
            {
                _inner.Notify(state);
            }
            catch (Exception exception)
            {
                CountSending();
                Report(Reason(exception));
            }
        }
    }

    // Null once disposed and empty.
    private ServiceState? Next()
    {
        lock (_lock)
        {
            _sendingSinceMs = null;
            _isSendingCounted = false;
            while (true)
            {
                ServiceState? next = null;
                if (_states.TryDequeue(out ServiceState queued))
                {
                    next = queued;
                }
                else if (_status is not null)
                {
                    (next, _status) = (_status, null);
                }
                else if (_watchdog)
                {
                    (next, _watchdog) = (Watchdog, false);
                }

                if (next is not null)
                {
                    _sendingSinceMs = Environment.TickCount64;
                    return next;
                }

                if (_disposed) return null;
                Monitor.Wait(_lock);
            }
        }
    }

    private void Report(string problem)
    {
        if (_log.Permits("notify", out _)) AgentLog.CannotNotifyNow(_log.Logger, problem, Failed);
    }

    private sealed class DisabledNotifier : ISystemdNotifier
    {
        public bool IsEnabled => false;

        public void Notify(ServiceState state)
        {
        }
    }
}
