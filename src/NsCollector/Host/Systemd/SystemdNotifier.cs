using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace NsCollector.Host.Systemd;

/// <summary>
/// Tells systemd how the agent is: the protocol of sd_notify(3), one datagram a message to the socket in NOTIFY_SOCKET.
/// Without that variable every message is a silent success. Errors are values: that systemd cannot be told is no reason to stop.
/// </summary>
internal sealed class SystemdNotifier : IDisposable
{
    private readonly UnixDomainSocketEndPoint? _address;
    private readonly Socket? _socket;

    private SystemdNotifier(UnixDomainSocketEndPoint? address, TimeSpan? watchdog, string? problem)
    {
        _address = address;
        WatchdogTimeout = address is null ? null : watchdog;
        Problem = problem;
        if (address is null) return;
        try
        {
            _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

            // systemd reads its socket at its own pace; the agent waits for it no longer than this.
            _socket.SendTimeout = 1000;
        }
        catch (SocketException exception)
        {
            Problem = "no socket for systemd's notifications: " + exception.SocketErrorCode;
        }
    }

    /// <summary>Whether somebody listens.</summary>
    internal bool Enabled => _socket is not null;

    /// <summary>Why nobody can be told although NOTIFY_SOCKET is set; null where all is well.</summary>
    internal string? Problem { get; }

    /// <summary>Within how long systemd wants a sign of life (WatchdogSec=); null where it wants none from this process.</summary>
    internal TimeSpan? WatchdogTimeout { get; }

    /// <summary>Makes a notifier from NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.</summary>
    /// <param name="variable">The value of an environment variable, or null.</param>
    /// <param name="processId">This process.</param>
    internal static SystemdNotifier FromEnvironment(Func<string, string?> variable, int processId)
    {
        string? socket = variable("NOTIFY_SOCKET");
        if (string.IsNullOrEmpty(socket)) return new SystemdNotifier(null, null, null);
        if (socket[0] is not ('/' or '@'))
        {
            return new SystemdNotifier(null, null, "NOTIFY_SOCKET is neither a path nor an abstract address (vsock is for virtual machines): systemd is not notified");
        }

        UnixDomainSocketEndPoint address;
        try
        {
            address = new UnixDomainSocketEndPoint(socket[0] == '@' ? "\0" + socket[1..] : socket);
        }
        catch (Exception exception) when (exception is ArgumentException or PlatformNotSupportedException)
        {
            return new SystemdNotifier(null, null, "NOTIFY_SOCKET is longer than an address can be: systemd is not notified");
        }

        // WATCHDOG_PID may name another process of the unit: then it is that one's to give the sign (sd_watchdog_enabled(3)).
        bool ours = variable("WATCHDOG_PID") is not { Length: > 0 } pid || pid == processId.ToString(CultureInfo.InvariantCulture);
        TimeSpan? watchdog = ours && long.TryParse(variable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out long usec) && usec is > 0 and < long.MaxValue / 10
            ? TimeSpan.FromMicroseconds(usec)
            : null;
        return new SystemdNotifier(address, watchdog, null);
    }

    /// <summary>The agent works.</summary>
    internal bool Ready(string status) => Send($"READY=1\nSTATUS={OneLine(status)}");

    /// <summary>What systemctl status shows.</summary>
    internal bool Status(string status) => Send($"STATUS={OneLine(status)}");

    /// <summary>The agent is about to end.</summary>
    internal bool Stopping() => Send("STOPPING=1\nSTATUS=Finishing the cycle");

    /// <summary>The agent reloads; <see cref="Ready"/> says that it has.</summary>
    /// <param name="monotonicUs">CLOCK_MONOTONIC in microseconds: systemd tells a late answer to an earlier reload by it.</param>
    internal bool Reloading(long monotonicUs) => Send(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={monotonicUs}"));

    /// <summary>A sign of life.</summary>
    internal bool Watchdog() => Send("WATCHDOG=1");

    /// <inheritdoc/>
    public void Dispose() => _socket?.Dispose();

    // A line break would start another assignment.
    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Replace('\0', ' ');

    private bool Send(string message)
    {
        if (_socket is null || _address is null) return Problem is null;
        try
        {
            byte[] bytes = Encoding.UTF8.GetBytes(message);
            return _socket.SendTo(bytes, _address) == bytes.Length;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }
}
