using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using NsCollector.Linux;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Identify.Engine;

/// <summary>
/// Names and labels from one daemon that serves Docker's Engine API (https://docs.docker.com/reference/api/engine/): all
/// containers at first, then every change as the daemon tells of it. Whatever the daemon does (is down, hangs, trickles,
/// answers nonsense, comes and goes), only this object's own thread waits for it, for a bounded time and with bounded
/// memory; what was known stays.
/// </summary>
/// <remarks>
/// Two connections are kept: of the events, and one for requests, by which a daemon is noticed that hangs while nothing
/// happens. The events are opened before the list is asked for, so that nothing falls between. A daemon that is not there
/// is no failure: its socket is looked for every few seconds.
/// </remarks>
internal sealed class EngineNames : IDisposable
{
    // {"type":["container"],"event":["create","start","rename","destroy","remove"]}: health checks make three other events each.
    private const string EventsTarget =
        "/events?filters=%7B%22type%22%3A%5B%22container%22%5D%2C%22event%22%3A%5B%22create%22%2C%22start%22%2C%22rename%22%2C%22destroy%22%2C%22remove%22%5D%7D";

    // The running ones: any other has an event before it runs.
    private const string ListTarget = "/containers/json";

    private const string PingTarget = "/_ping";

    /// <summary>So many objects in a row that are not understood are not those of an Engine API.</summary>
    private const int MaxMisunderstood = 16;

    private static readonly TimeSpan LogPeriod = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(1);

    private readonly EngineOptions _options;
    private readonly EngineSocket _socket;
    private readonly EngineJson _json;
    private readonly EngineContainers _containers;
    private readonly Action<string> _changed;
    private readonly AgentCounters _counters;
    private readonly RateLimitedLog _log;
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Lock _gate = new();

    private EngineConnection? _events;
    private EngineConnection? _requests;
    private EngineFailure? _beatFailure;
    private long _nextList;
    private int _failures;
    private bool _hasFailed;
    private volatile bool _isConnected;

    /// <param name="options">Which socket.</param>
    /// <param name="roots">The host's /proc and /run.</param>
    /// <param name="isWanted">Which labels are kept, by their keys; those of Kubernetes (io.kubernetes.…) always are.</param>
    /// <param name="changed">
    /// Told, on this object's thread, the id of a container of which something new is known; the empty text where that may
    /// be any, after a list. Must neither wait nor throw.
    /// </param>
    /// <param name="counters">Counts failures by kind.</param>
    /// <param name="logger">Is told of them.</param>
    internal EngineNames(
        EngineOptions options, HostRoots roots, Func<string, bool> isWanted, Action<string> changed, AgentCounters counters, ILogger logger)
    {
        _options = options;
        _socket = new EngineSocket(options, roots);
        _json = new EngineJson(isWanted);
        _containers = new EngineContainers(options.MaxContainers, options.KeptAfterEnd);
        _changed = changed;
        _counters = counters;
        _log = new RateLimitedLog(logger, LogPeriod);
        _thread = new Thread(Run) { Name = "engine", IsBackground = true };
    }

    /// <summary>Whether the daemon's events are followed now, and its list has been read.</summary>
    internal bool IsConnected => _isConnected;

    /// <summary>Starts the thread.</summary>
    internal void Start() => _thread.Start();

    /// <summary>What is known of a container. From any thread; never waits for the daemon.</summary>
    /// <param name="id">Its whole id.</param>
    /// <param name="container">Its name, image and labels as last told, the same object while they are the same; null where nothing was.</param>
    internal bool TryFind(string id, [NotNullWhen(true)] out EngineContainer? container) => _containers.TryFind(id, out container);

    /// <summary>Whether the thread has ended, or was never started.</summary>
    internal bool HasEnded => !_thread.IsAlive;

    /// <summary>Ends the thread, whatever the daemon does; the wait for it is short and bounded.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_stop.IsSet) return;
            _stop.Set();
            _events?.Abort();
            _requests?.Abort();
        }

        // A thread that was never started cannot be joined; one that stays in connect(2) beyond this dies with the process.
        if (!_thread.IsAlive || _thread.Join(EndPatience)) _stop.Dispose();
    }

    private static string ReasonOf(JsonObjectOutcome outcome, string target) => outcome switch
    {
        JsonObjectOutcome.TooLarge => $"the answer to {target} is larger than discovery.max_engine_answer",
        _ => $"the answer to {target} is not what Docker's Engine API answers",
    };

    private static string PathOf(string target) => target.Split('?')[0];

    private void Run()
    {
        while (!_stop.IsSet)
        {
            if (_socket.Look() != EngineSocketState.Present)
            {
                // Another daemon may come: it is not to pay for this one's failures.
                _failures = 0;
                if (_stop.Wait(_options.LookInterval)) return;
                _containers.ForgetGone(Environment.TickCount64);
                continue;
            }

            long begun = Environment.TickCount64;
            EngineFailure? failure = Follow();
            if (_stop.IsSet) return;
            if (Environment.TickCount64 - begun >= _options.LongestPause.TotalMilliseconds) _failures = 0;
            if (failure is not null) Report(failure);
            if (failure is { IsForbidden: true } ? PauseWhileForbidden() : Pause(mayBeEnding: failure is null or { Counter: AgentCounter.EngineErrorsUnreachable })) return;
        }
    }

    /// <summary>Connects, lists and follows, until that is over.</summary>
    /// <returns>Why; null where there is no daemon after all.</returns>
    private EngineFailure? Follow()
    {
        _beatFailure = null;
        try
        {
            EngineConnection events = Keep(ref _events, EngineConnection.Open(_options.SocketPath, _options.Timeout));
            using HttpResponseMessage response = events.Get(EventsTarget, _options.Timeout);
            if (response.StatusCode != HttpStatusCode.OK) return EngineFailure.Status(response.StatusCode, PathOf(EventsTarget));
            if (List() is { } failure) return failure;
            if (_hasFailed) _log.Information("engine again", $"the Engine API at {_options.SocketPath} answers again");
            _hasFailed = false;
            _isConnected = true;
            events.BeatFrom(NextBeat(), Beat);
            using Stream body = response.Content.ReadAsStream();
            return FollowEvents(body);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressNotAvailable)
        {
            // ENOENT: it went away, or is a link that leads nowhere.
            return null;
        }
        catch (ArgumentException)
        {
            return new EngineFailure(AgentCounter.EngineErrorsUnreachable, "the path of the socket is longer than 107 bytes");
        }
        catch (Exception e)
        {
            // What the framework throws over hostile answers is not one closed list, and names are no reason to end the agent.
            return _beatFailure ?? EngineFailure.Of(e);
        }
        finally
        {
            _isConnected = false;
            Drop(ref _events);
            Drop(ref _requests);
        }
    }

    private EngineFailure FollowEvents(Stream body)
    {
        int misunderstood = 0;
        using JsonObjectReader reader = new(body, isArray: false, _options.MaxObjectBytes, _options.MaxAnswerBytes);
        while (true)
        {
            JsonObjectOutcome outcome = reader.Read(out ReadOnlySpan<byte> json);
            switch (outcome)
            {
                case JsonObjectOutcome.Object when _json.TryReadEvent(json, out EngineEvent happened):
                    misunderstood = 0;
                    Take(happened);
                    break;
                case JsonObjectOutcome.Object or JsonObjectOutcome.TooLong:
                    Misunderstood(EventsTarget);
                    if (++misunderstood >= MaxMisunderstood) return EngineFailure.Malformed;
                    break;
                case JsonObjectOutcome.End or JsonObjectOutcome.Cut:
                    return EngineFailure.Ended;
                default:
                    return new EngineFailure(AgentCounter.EngineErrorsAnswer, ReasonOf(outcome, PathOf(EventsTarget)));
            }
        }
    }

    private void Take(in EngineEvent happened)
    {
        if (happened.Container is not { } container) return;
        long now = Environment.TickCount64;
        _containers.ForgetGone(now);
        if (happened.Action == EngineAction.Removed) _containers.MarkGone(container.Id, now);
        else if (Put(container, isWhole: false)) _changed(container.Id);
    }

    private bool Put(EngineContainer container, bool isWhole)
    {
        if (_containers.TryPut(container, isWhole, out bool hasChanged))
        {
            if (hasChanged && _json.LabelsLeftOut > 0) _counters.Add(AgentCounter.LabelsOverLimit, _json.LabelsLeftOut);
            return hasChanged;
        }

        _counters.Add(AgentCounter.ContainersOverLimit);
        _log.Warning("engine full", $"the Engine API at {_options.SocketPath} has more containers than discovery.max_containers ({_options.MaxContainers}): it names no more");
        return false;
    }

    /// <summary>Asks for all containers.</summary>
    /// <returns>What went wrong; null where nothing did, or the answer was only too large.</returns>
    private EngineFailure? List()
    {
        using HttpResponseMessage response = Request(ListTarget, _options.ListTimeout);
        if (response.StatusCode != HttpStatusCode.OK) return EngineFailure.Status(response.StatusCode, ListTarget);
        using Stream body = response.Content.ReadAsStream();
        using JsonObjectReader reader = new(body, isArray: true, _options.MaxObjectBytes, _options.MaxAnswerBytes);
        bool anyChanged = false, isWhole = true;
        int misunderstood = 0;
        _containers.BeginListing();
        try
        {
            while (true)
            {
                JsonObjectOutcome outcome = reader.Read(out ReadOnlySpan<byte> json);
                switch (outcome)
                {
                    case JsonObjectOutcome.Object when _json.TryReadListed(json, out EngineContainer? container):
                        misunderstood = 0;
                        anyChanged |= Put(container!, isWhole: true);
                        continue;
                    case JsonObjectOutcome.Object or JsonObjectOutcome.TooLong:
                        // It may be one that is known.
                        isWhole = false;
                        Misunderstood(ListTarget);
                        if (++misunderstood >= MaxMisunderstood) return EngineFailure.Malformed;
                        continue;
                    case JsonObjectOutcome.TooLarge:
                        // What it has told holds, and the events can be followed all the same.
                        isWhole = false;
                        Report(new EngineFailure(AgentCounter.EngineErrorsAnswer, ReasonOf(outcome, ListTarget)));
                        Drop(ref _requests);
                        break;
                    case JsonObjectOutcome.End:
                        break;
                    case JsonObjectOutcome.Cut:
                        return EngineFailure.Ended;
                    default:
                        return new EngineFailure(AgentCounter.EngineErrorsAnswer, ReasonOf(outcome, ListTarget));
                }

                break;
            }
        }
        finally
        {
            if (anyChanged) _changed("");
        }

        long now = Environment.TickCount64;
        if (isWhole) _containers.EndListing(now);
        _nextList = now + (long)_options.ListInterval.TotalMilliseconds;
        return null;
    }

    /// <summary>While nothing happens: does the daemon still answer?</summary>
    /// <returns>When to ask again.</returns>
    private long Beat()
    {
        long now = Environment.TickCount64;
        _containers.ForgetGone(now);
        if (now >= _nextList)
        {
            _beatFailure = List();
        }
        else
        {
            // Any answer will do: podman's and others' need not be Docker's "OK".
            using HttpResponseMessage response = Request(PingTarget, _options.Timeout);
            using Stream body = response.Content.ReadAsStream();
            Span<byte> some = stackalloc byte[512];
            int left = 64;
            while (left > 0 && body.Read(some) > 0) left--;
            if (left == 0) _beatFailure = EngineFailure.Malformed;
        }

        if (_beatFailure is not null) throw new IOException("the Engine API has failed");
        return NextBeat();
    }

    private long NextBeat() => Environment.TickCount64 + (long)_options.Heartbeat.TotalMilliseconds;

    /// <summary>On the connection that is kept, or a new one where that was closed meanwhile.</summary>
    private HttpResponseMessage Request(string target, TimeSpan timeout)
    {
        if (_requests is { } kept)
        {
            try
            {
                return kept.Get(target, timeout);
            }
            catch (Exception e) when (EngineFailure.Of(e).Counter == AgentCounter.EngineErrorsUnreachable && !_stop.IsSet)
            {
                Drop(ref _requests);
            }
        }

        return Keep(ref _requests, EngineConnection.Open(_options.SocketPath, _options.Timeout)).Get(target, timeout);
    }

    private EngineConnection Keep(ref EngineConnection? place, EngineConnection connection)
    {
        lock (_gate)
        {
            place = connection;
            if (_stop.IsSet) connection.Abort();
        }

        return connection;
    }

    private void Drop(ref EngineConnection? place)
    {
        lock (_gate)
        {
            place?.Dispose();
            place = null;
        }
    }

    private void Misunderstood(string target)
    {
        _counters.Add(AgentCounter.EngineErrorsAnswer);
        _log.Warning("engine misunderstood", $"the Engine API at {_options.SocketPath} tells of a container in {PathOf(target)} what is not understood, or longer than {_options.MaxObjectBytes} bytes: it goes by what else is known of it");
    }

    private void Report(EngineFailure failure)
    {
        _counters.Add(failure.Counter);
        if (failure.IsForbidden)
        {
            // As the host's administrator has it, and the files tell nearly as much: no reason to warn.
            _log.Information("engine forbidden", $"the Engine API at {_options.SocketPath} is not asked: {failure.Reason}; containers go by what their runtime's files tell");
            return;
        }

        _hasFailed = true;
        string kind = failure.Counter switch
        {
            AgentCounter.EngineErrorsUnreachable => "engine unreachable",
            AgentCounter.EngineErrorsTimedOut => "engine timed out",
            _ => "engine answer",
        };
        _log.Warning(kind, $"the Engine API at {_options.SocketPath}: {failure.Reason}; containers go by what else is known of them, and it is tried again");
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
        // A daemon that ends has its pid file still, and systemd listens in its place: whoever connects now starts it again.
        double bound = mayBeEnding && _socket.IsSystemds
            ? _options.LongestPause.TotalMilliseconds
            : Math.Min(_options.FirstPause.TotalMilliseconds * (1L << Math.Min(_failures, 20)), _options.LongestPause.TotalMilliseconds);
        _failures++;
        long until = Environment.TickCount64 + (long)(bound * (0.5 + (0.5 * Random.Shared.NextDouble())));
        while (until - Environment.TickCount64 is > 0 and var left)
        {
            if (_stop.Wait(TimeSpan.FromMilliseconds(Math.Min(left, _options.FirstPause.TotalMilliseconds)))) return true;
            if (_socket.HasChanged()) return false;
        }

        return false;
    }
}
