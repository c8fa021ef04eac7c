using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using NsCollector.Linux;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Identify.Engine;

/// <summary>
/// Names and labels from one daemon that serves Docker's Engine API (https://docs.docker.com/reference/api/engine/).
/// Whatever the daemon does (stops, hangs, trickles, answers nonsense), only this object's own thread waits for it, for a
/// bounded time and with bounded memory. Known names stay.
/// </summary>
/// <remarks>A missing daemon is not a failure: its socket is looked for every few seconds.</remarks>
internal sealed class EngineNames : IDisposable
{
    private static readonly TimeSpan JoinTimeout = TimeSpan.FromSeconds(1);

    private readonly EngineOptions _options;
    private readonly EngineSocket _socket;
    private readonly EngineJson _json;
    private readonly EngineContainers _containers;
    private readonly Action<string> _changed;
    private readonly EngineLog _log;
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Lock _gate = new();
    private volatile EngineSession? _session;
    private int _failures;

    /// <param name="options">Which socket.</param>
    /// <param name="roots">The host's /proc and /run.</param>
    /// <param name="isWanted">Which labels are kept, by their keys; those of Kubernetes (io.kubernetes.…) always are.</param>
    /// <param name="changed">
    /// Called on this object's thread with the id of a container of which something new is known, and with the empty text
    /// after a list, if that may be any container. It must neither wait nor throw.
    /// </param>
    /// <param name="counters">Counts failures by kind.</param>
    /// <param name="logger">Receives warnings about them.</param>
    internal EngineNames(
        EngineOptions options, HostRoots roots, Func<string, bool> isWanted, Action<string> changed, AgentCounters counters, ILogger logger)
    {
        _options = options;
        _socket = new EngineSocket(options, roots);
        _json = new EngineJson(isWanted);
        _containers = new EngineContainers(options.MaxContainers, options.KeptAfterEnd);
        _changed = changed;
        _log = new EngineLog(options, counters, logger);
        _thread = new Thread(Run) { Name = "engine", IsBackground = true };
    }

    /// <summary>Whether the list has been read and the events are being followed.</summary>
    internal bool IsConnected => _session?.IsConnected == true;

    /// <summary>Starts the thread.</summary>
    internal void Start() => _thread.Start();

    /// <summary>What is known of a container. Any thread may ask; it never waits for the daemon.</summary>
    /// <param name="id">Its full id.</param>
    /// <param name="container">Its name, image and labels: the same object until they change.</param>
    internal bool TryFind(string id, [NotNullWhen(true)] out EngineContainer? container) => _containers.TryFind(id, out container);

    /// <summary>Whether the thread has ended, or was never started.</summary>
    internal bool HasEnded => !_thread.IsAlive;

    /// <summary>Ends the thread, whatever the daemon does; waits for it at most a second.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_stop.IsSet) return;
            _stop.Set();
            _session?.Abort();
        }

        // A thread that was never started cannot be joined; one that stays longer in connect(2) ends with the process.
        if (!_thread.IsAlive || _thread.Join(JoinTimeout)) _stop.Dispose();
    }

    private void Run()
    {
        while (!_stop.IsSet)
        {
            if (!_socket.MayConnect())
            {
                // Failures of this daemon do not count for the next one.
                _failures = 0;
                if (_stop.Wait(_options.LookInterval)) return;
                _containers.ForgetGone(Environment.TickCount64);
                continue;
            }

            long beganMs = Environment.TickCount64;
            EngineFailure? failure = Follow();
            if (_stop.IsSet) return;
            if (Environment.TickCount64 - beganMs >= _options.LongestPause.TotalMilliseconds) _failures = 0;
            if (failure is not null) _log.Failed(failure);
            bool mayBeEnding = failure is null or { Counter: AgentCounter.EngineErrorsUnreachable };
            if (failure is { IsForbidden: true } ? PauseWhileForbidden() : Pause(mayBeEnding)) return;
        }
    }

    private EngineFailure? Follow()
    {
        EngineSession session = new(_options, _json, _containers, _changed, _log);
        lock (_gate)
        {
            if (_stop.IsSet) return null;
            _session = session;
        }

        return session.Run();
    }

    /// <summary>Waits until the socket is another one, or has other permissions.</summary>
    /// <returns>Whether to end.</returns>
    private bool PauseWhileForbidden()
    {
        while (!_stop.Wait(_options.LookInterval))
        {
            if (_socket.HasChanged()) return false;
        }

        return true;
    }

    /// <summary>Waits after a failure, or until the socket is another one.</summary>
    /// <returns>Whether to end.</returns>
    private bool Pause(bool mayBeEnding)
    {
        // A daemon that is ending still has its pid file, and systemd already listens: a connection would start it again.
        double boundMs = mayBeEnding && _socket.IsSystemds
            ? _options.LongestPause.TotalMilliseconds
            : Math.Min(_options.FirstPause.TotalMilliseconds * (1L << Math.Min(_failures, 20)), _options.LongestPause.TotalMilliseconds);
        _failures++;
        long untilMs = Environment.TickCount64 + (long)(boundMs * (0.5 + (0.5 * Random.Shared.NextDouble())));
        while (untilMs - Environment.TickCount64 is > 0 and var leftMs)
        {
            if (_stop.Wait(TimeSpan.FromMilliseconds(Math.Min(leftMs, _options.FirstPause.TotalMilliseconds)))) return true;
            if (_socket.HasChanged()) return false;
        }

        return false;
    }
}
