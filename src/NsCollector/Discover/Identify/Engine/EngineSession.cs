using System.Net;
using System.Net.Sockets;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Identify.Engine;

/// <summary>
/// One daemon from the connection to its failure: the list of all containers, then each event. Runs on one thread;
/// <see cref="Abort"/> from any.
/// </summary>
/// <remarks>
/// The events have a connection of their own. Requests on a second one notice a daemon that hangs while no event comes. The
/// session subscribes to the events before it requests the list, so that none is missed in between.
/// </remarks>
internal sealed class EngineSession(EngineOptions options, EngineJson json, EngineContainers containers, Action<string> changed, EngineLog log)
{
    // {"type":["container"],"event":["create","start","rename","destroy","remove","health_status"]}: each health check causes three
    // other events. With health_status, Docker compares the beginning of an event's name (moby daemon/events/filter.go).
    private const string EventsTarget =
        "/events?filters=%7B%22type%22%3A%5B%22container%22%5D%2C%22event%22%3A%5B%22create%22%2C%22start%22%2C%22rename%22%2C%22destroy%22%2C%22remove%22%2C%22health_status%22%5D%7D";

    private const string EventsPath = "/events";

    // The running ones: any other has an event before it runs.
    private const string ListPath = "/containers/json";

    private const string PingPath = "/_ping";
    private const int MaxPingBytes = 32 * 1024;

    /// <summary>After so many malformed entries in a row, what answers is not an Engine API.</summary>
    private const int MaxMalformed = 16;

    private readonly Lock _gate = new();
    private EngineClient? _client;
    private bool _isAborted;
    private long _nextCheckMs, _nextListMs;
    private volatile bool _isConnected;

    /// <summary>Whether the list has been read and the events are being followed.</summary>
    internal bool IsConnected => _isConnected;

    /// <summary>Connects, lists, and follows the events until that fails.</summary>
    /// <returns>What failed; null if there is no daemon.</returns>
    internal EngineFailure? Run()
    {
        try
        {
            using EngineClient client = new(options);
            lock (_gate)
            {
                if (_isAborted) return null;
                _client = client;
            }

            using HttpResponseMessage response = client.Get(EventsTarget, options.Timeout);
            if (response.StatusCode != HttpStatusCode.OK) return EngineFailure.Status(response.StatusCode, EventsPath);
            if (List(client) is { } failure) return failure;
            log.Connected();
            _isConnected = true;
            _nextCheckMs = Environment.TickCount64 + (long)options.Heartbeat.TotalMilliseconds;
            using Stream body = response.Content.ReadAsStream();
            return FollowEvents(client, body);
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
            // The framework documents no closed list of exceptions for hostile answers, and the agent must survive them.
            return EngineFailure.Of(e);
        }
        finally
        {
            _isConnected = false;
        }
    }

    /// <summary>Ends <see cref="Run"/> at once, from any thread.</summary>
    internal void Abort()
    {
        lock (_gate)
        {
            _isAborted = true;
            _client?.Abort();
        }
    }

    private EngineFailure FollowEvents(EngineClient client, Stream body)
    {
        int malformed = 0;
        using JsonObjectReader reader = new(body, isArray: false, options.MaxObjectBytes, options.MaxAnswerBytes);
        while (true)
        {
            if (Environment.TickCount64 >= _nextCheckMs && CheckDaemon(client) is { } failure) return failure;
            JsonObjectOutcome outcome;
            ReadOnlyMemory<byte> entry;
            try
            {
                client.DeadlineMs = _nextCheckMs;
                outcome = reader.Read(out entry);
            }
            catch (IOException e) when (EngineFailure.Of(e) == EngineFailure.TimedOut)
            {
                // No event until the next check. The response can still be read: HttpClient's streams keep their state when
                // the connection's read throws (System.Net.Http, ChunkedEncodingReadStream.Read).
                continue;
            }

            if (outcome is JsonObjectOutcome.End or JsonObjectOutcome.Cut) return EngineFailure.Ended;
            if (outcome is not (JsonObjectOutcome.Object or JsonObjectOutcome.TooLong)) return EngineFailure.Of(outcome, EventsPath);
            if (outcome == JsonObjectOutcome.Object && json.TryParseEvent(entry, out EngineAction action, out EngineContainer? container))
            {
                malformed = 0;
                if (container is not null) Apply(action, container);
                continue;
            }

            log.Malformed(EventsPath);
            if (++malformed >= MaxMalformed) return EngineFailure.Malformed;
        }
    }

    private void Apply(EngineAction action, EngineContainer container)
    {
        if (action == EngineAction.Removed) containers.MarkGone(container.Id, Environment.TickCount64);
        else if (Put(container, isComplete: false)) changed(container.Id);
    }

    private bool Put(EngineContainer container, bool isComplete)
    {
        if (!containers.TryPut(container, isComplete, out bool hasChanged)) log.Full();
        else if (hasChanged && json.LabelsLeftOut > 0) log.LabelsLeftOut(json.LabelsLeftOut);
        return hasChanged;
    }

    /// <summary>Checks that the daemon still answers, or requests the list if that is due.</summary>
    private EngineFailure? CheckDaemon(EngineClient client)
    {
        long nowMs = Environment.TickCount64;
        containers.ForgetGone(nowMs);
        EngineFailure? failure = nowMs >= _nextListMs ? List(client) : Ping(client);
        _nextCheckMs = Environment.TickCount64 + (long)options.Heartbeat.TotalMilliseconds;
        return failure;
    }

    // Any answer is accepted: podman's need not be Docker's "OK".
    private EngineFailure? Ping(EngineClient client)
    {
        using HttpResponseMessage response = client.Get(PingPath, options.Timeout);
        using Stream body = response.Content.ReadAsStream();
        Span<byte> some = stackalloc byte[512];
        int total = 0, read;
        while ((read = body.Read(some)) > 0)
        {
            if ((total += read) > MaxPingBytes) return EngineFailure.Malformed;
        }

        return null;
    }

    /// <summary>Requests all containers.</summary>
    /// <returns>What failed; null also if the answer was only too large.</returns>
    private EngineFailure? List(EngineClient client)
    {
        using HttpResponseMessage response = client.Get(ListPath, options.ListTimeout);
        if (response.StatusCode != HttpStatusCode.OK) return EngineFailure.Status(response.StatusCode, ListPath);
        using Stream body = response.Content.ReadAsStream();
        using JsonObjectReader reader = new(body, isArray: true, options.MaxObjectBytes, options.MaxAnswerBytes);
        containers.BeginListing();
        bool anyChanged = false;
        try
        {
            if (ReadList(reader, ref anyChanged, out bool isComplete) is { } failure) return failure;
            if (isComplete) containers.EndListing(Environment.TickCount64);
        }
        finally
        {
            if (anyChanged) changed("");
        }

        _nextListMs = Environment.TickCount64 + (long)options.ListInterval.TotalMilliseconds;
        return null;
    }

    private EngineFailure? ReadList(JsonObjectReader reader, ref bool anyChanged, out bool isComplete)
    {
        isComplete = true;
        int malformed = 0;
        while (true)
        {
            JsonObjectOutcome outcome = reader.Read(out ReadOnlyMemory<byte> entry);
            switch (outcome)
            {
                case JsonObjectOutcome.Object when json.TryParseListed(entry, out EngineContainer? container):
                    malformed = 0;
                    anyChanged |= Put(container!, isComplete: true);
                    break;
                case JsonObjectOutcome.Object or JsonObjectOutcome.TooLong:
                    // It may be a known container.
                    isComplete = false;
                    log.Malformed(ListPath);
                    if (++malformed >= MaxMalformed) return EngineFailure.Malformed;
                    break;
                case JsonObjectOutcome.TooLarge:
                    // The containers up to here are valid, and the events can still be followed.
                    isComplete = false;
                    log.Failed(EngineFailure.Of(outcome, ListPath));
                    return null;
                case JsonObjectOutcome.End:
                    return null;
                case JsonObjectOutcome.Cut:
                    return EngineFailure.Ended;
                default:
                    return EngineFailure.Of(outcome, ListPath);
            }
        }
    }
}
