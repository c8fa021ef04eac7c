using System.Text.Json;
using NsCollector.Catalogue;
using NsCollector.Sample;
using NsCollector.Sample.HostMetrics;

namespace NsCollector.Encode.Cadvisor;

/// <summary>Writes the host's file systems in the three forms of cAdvisor's API, without disk counters.</summary>
internal static class CadvisorFilesystems
{
    /// <summary>The member <c>filesystem</c> of the root's <c>stats</c>.</summary>
    internal static void WriteStats(Utf8JsonWriter json, RowTable filesystems, CadvisorForm form)
    {
        if (filesystems.Count == 0) return;
        json.WriteStartArray("filesystem"u8);
        for (int i = 0; i < filesystems.Count; i++)
        {
            json.WriteStartObject();
            WriteDevice(json, filesystems[i]);
            json.WriteString("type"u8, "vfs"u8);
            WriteSpace(json, filesystems[i].Readings);
            WriteInodes(json, filesystems[i].Readings, hasFlag: form != CadvisorForm.Machine, hasTotal: form != CadvisorForm.Machine, hasFree: true);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>The member <c>filesystems</c> of <c>machine</c> and <c>attributes</c>.</summary>
    internal static void WriteMachine(Utf8JsonWriter json, RowTable filesystems)
    {
        json.WriteStartArray("filesystems"u8);
        for (int i = 0; i < filesystems.Count; i++)
        {
            json.WriteStartObject();
            WriteDevice(json, filesystems[i]);
            WriteNumber(json, "capacity"u8, filesystems[i].Readings, Reading.HostFilesystemSizeBytes);
            json.WriteString("type"u8, "vfs"u8);
            WriteInodes(json, filesystems[i].Readings, hasFlag: true, hasTotal: true, hasFree: false);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>The answer to <c>storage</c>.</summary>
    internal static void WriteStorage(Utf8JsonWriter json, HostSample host)
    {
        json.WriteStartArray();
        for (int i = 0; i < host.Filesystems.Count; i++)
        {
            Row row = host.Filesystems[i];
            json.WriteStartObject();
            GoTime.Write(json, "timestamp"u8, row.TimestampNs > 0 ? row.TimestampNs : host.TimestampNs);
            WriteDevice(json, row);
            json.WriteString("mountpoint"u8, CadvisorText.Valid(row.Key));
            WriteSpace(json, row.Readings);

            // cAdvisor's names for the disks of its runtimes ("docker-images").
            json.WriteNull("labels"u8);
            WriteInodes(json, row.Readings, hasFlag: false, hasTotal: true, hasFree: true);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteDevice(Utf8JsonWriter json, Row row) => json.WriteString("device"u8, CadvisorText.Valid(row.MoreKey(0)));

    private static void WriteSpace(Utf8JsonWriter json, ReadingSet readings)
    {
        WriteNumber(json, "capacity"u8, readings, Reading.HostFilesystemSizeBytes);
        WriteNumber(json, "available"u8, readings, Reading.HostFilesystemAvailableBytes);
        WriteNumber(json, "usage"u8, readings, Reading.HostFilesystemUsedBytes);
    }

    private static void WriteInodes(Utf8JsonWriter json, ReadingSet readings, bool hasFlag, bool hasTotal, bool hasFree)
    {
        bool isKnown = readings.TryGet(Reading.HostFilesystemInodes, out long inodes);
        if (isKnown && hasTotal) json.WriteNumber("inodes"u8, inodes);
        if (isKnown && hasFree && readings.TryGet(Reading.HostFilesystemUsedInodes, out long used)) json.WriteNumber("inodes_free"u8, inodes - used);
        if (hasFlag) json.WriteBoolean("has_inodes"u8, isKnown);
    }

    private static void WriteNumber(Utf8JsonWriter json, ReadOnlySpan<byte> key, ReadingSet readings, Reading reading)
    {
        if (readings.TryGet(reading, out long value)) json.WriteNumber(key, value);
    }
}
