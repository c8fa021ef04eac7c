using System.Text.Json;
using NsCollector.Sample.History;

namespace NsCollector.Encode.Cadvisor;

/// <summary>Writes events of cAdvisor's API (info/v1/container.go).</summary>
internal static class CadvisorEvents
{
    /// <summary>The word for a kind.</summary>
    internal static string WordOf(HistoryEventKind kind) => kind switch
    {
        HistoryEventKind.Oom => "oom",
        HistoryEventKind.OomKill => "oomKill",
        HistoryEventKind.Creation => "containerCreation",
        _ => "containerDeletion",
    };

    /// <summary>Writes one event.</summary>
    internal static void Write(Utf8JsonWriter json, HistoryEvent one)
    {
        json.WriteStartObject();
        json.WriteString("container_name"u8, CadvisorText.Valid(one.CgroupPath));
        GoTime.Write(json, "timestamp"u8, one.TimestampNs);
        json.WriteString("event_type"u8, WordOf(one.Kind));
        json.WriteStartObject("event_data"u8);
        if (one is { Kind: HistoryEventKind.OomKill } and ({ VictimPid: not null } or { VictimName: not null }))
        {
            json.WriteStartObject("oom"u8);
            if (one.VictimPid is { } pid) json.WriteNumber("pid"u8, pid);
            if (one.VictimName is { } name) json.WriteString("process_name"u8, CadvisorText.Valid(name));
            if (one.Constraint is { } constraint) json.WriteString("constraint"u8, constraint);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
