using System.Collections.Immutable;
using NsCollector.Linux.Cgroup;
using NsCollector.Sample.History;
using NsCollector.Serve.Http;

namespace NsCollector.Serve.Cadvisor;

/// <summary>Which events a request asks for (getEventRequest in cAdvisor's cmd/internal/api/handler.go). A value of a wrong type is ignored, as there.</summary>
internal sealed class EventRequest
{
    private const int DefaultMost = 10;

    private readonly string _path;
    private readonly bool _hasBelow;
    private readonly HashSet<HistoryEventKind> _kinds = [];
    private readonly long _fromNs, _toNs;
    private readonly int _most = DefaultMost;

    /// <param name="path">The container.</param>
    /// <param name="query">The parameters.</param>
    internal EventRequest(string path, RequestQuery query)
    {
        _path = path;
        _hasBelow = GoText.ParseBool(query["subcontainers"]) ?? false;
        IsStream = IsStreamOf(query);
        bool isAll = GoText.ParseBool(query["all_events"]) ?? false;
        foreach ((string parameter, HistoryEventKind kind) in ((string, HistoryEventKind)[])
            [("oom_events", HistoryEventKind.Oom), ("oom_kill_events", HistoryEventKind.OomKill), ("creation_events", HistoryEventKind.Creation), ("deletion_events", HistoryEventKind.Deletion)])
        {
            if (isAll || GoText.ParseBool(query[parameter]) == true) _kinds.Add(kind);
        }

        if (int.TryParse(query["max_events"], out int most)) _most = most;
        _fromNs = GoText.TryParseTime(query["start_time"], out long? from) && from is not null ? from.Value : long.MinValue;
        _toNs = GoText.TryParseTime(query["end_time"], out long? to) && to is not null ? to.Value : long.MaxValue;
        if (IsStream && (_fromNs > long.MinValue || _toNs < long.MaxValue))
            throw new CadvisorException("for a call to watch, request.StartTime and request.EndTime must be uninitialized");
    }

    /// <summary>Whether future events are asked for, not past ones.</summary>
    internal bool IsStream { get; }

    /// <summary>Whether the parameters ask for a stream.</summary>
    internal static bool IsStreamOf(RequestQuery query) => GoText.ParseBool(query["stream"]) ?? false;

    /// <summary>Whether an event is asked for.</summary>
    internal bool Accepts(HistoryEvent one) =>
        _kinds.Contains(one.Kind) && one.TimestampNs >= _fromNs && one.TimestampNs <= _toNs
        && (one.CgroupPath == _path || (_hasBelow && CgroupPaths.IsBelow(one.CgroupPath, _path)));

    /// <summary>The events that are asked for, by time; if there are too many, the newest.</summary>
    internal IEnumerable<HistoryEvent> Select(ImmutableArray<HistoryEvent> events)
    {
        HistoryEvent[] accepted = [.. events.Where(Accepts).OrderBy(one => one.TimestampNs)];
        return _most > 0 && _most < accepted.Length ? accepted[^_most..] : accepted;
    }
}
