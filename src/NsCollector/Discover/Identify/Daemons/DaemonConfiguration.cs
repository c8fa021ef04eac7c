using System.Text;
using System.Text.Json;

namespace NsCollector.Discover.Identify.Daemons;

/// <summary>The configuration files of daemons: which directory each of them names for its state.</summary>
internal static class DaemonConfiguration
{
    /// <summary>
    /// dockerd's daemon.json: <c>data-root</c>, or <c>graph</c> before Docker 17.05 (moby, daemon/config/config.go).
    /// </summary>
    /// <returns>Null if the file names none or is not JSON.</returns>
    internal static string? DataRoot(ReadOnlySpan<byte> json)
    {
        string? root = null;
        try
        {
            var reader = new Utf8JsonReader(json, StateText.ReaderOptions);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isRoot = reader.ValueTextEquals("data-root"u8) || reader.ValueTextEquals("graph"u8);
                reader.Read();
                if (isRoot && reader.TokenType == JsonTokenType.String) root = reader.GetString();
                else StateText.Skip(ref reader);
            }
        }
        catch (Exception e) when (StateText.IsMalformed(e))
        {
            return null;
        }

        return root;
    }

    /// <summary>
    /// containerd's config.toml: the top-level key <c>state</c> (containerd, cmd/containerd/server/config). A file of
    /// <c>imports</c> is not read.
    /// </summary>
    /// <returns>Null if the file has no such key before its first table.</returns>
    internal static string? StateDirectory(ReadOnlySpan<byte> toml)
    {
        foreach (Range range in toml.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = toml[range].Trim(" \t\r"u8);
            if (line.StartsWith("["u8)) return null;
            if (!line.StartsWith("state"u8)) continue;
            line = line["state".Length..].TrimStart(" \t"u8);
            if (!line.StartsWith("="u8)) continue;
            line = line[1..].TrimStart(" \t"u8);
            if (line.IsEmpty || line[0] is not ((byte)'"' or (byte)'\'')) return null;
            int end = line[1..].IndexOf(line[0]);

            // No directory of a runtime has a name that must be escaped.
            return end <= 0 || (line[0] == (byte)'"' && line[1..].Contains((byte)'\\')) ? null : Encoding.UTF8.GetString(line.Slice(1, end));
        }

        return null;
    }
}
