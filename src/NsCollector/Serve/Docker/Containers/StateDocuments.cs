using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using NsCollector.Discover.Identify;
using NsCollector.Telemetry;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>Reads the runtimes' JSON files for requests to Docker's API. Any thread may use it.</summary>
/// <param name="maxBytes">The maximum size of a file (discovery.max_state_file).</param>
/// <param name="counters">Counts files that cannot be used.</param>
/// <param name="log">Receives warnings about them.</param>
internal sealed class StateDocuments(int maxBytes, AgentCounters counters, RateLimitedLog log)
{
    /// <summary>Reads a whole file. Every string of the result is valid Unicode, so that it can be written into an answer.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="stamp">The version that was tried; null if there is no file, or another try may succeed.</param>
    /// <returns>Null if there is no such file, or if it cannot be used. The caller need not dispose of it.</returns>
    internal JsonDocument? Read(string path, out StateFileStamp? stamp)
    {
        byte[]? bytes = ReadBytes(path, out stamp);
        if (bytes is null) return null;
        if (Parse(bytes) is { } document) return document;
        Failed(path, "its JSON is damaged");
        return null;
    }

    /// <summary>Reads the bytes of a file.</summary>
    /// <returns>Null if there is no such file, or if it cannot be read.</returns>
    internal byte[]? ReadBytes(string path, out StateFileStamp? stamp)
    {
        StateFile file = StateFile.Read(path, maxBytes);
        try
        {
            stamp = file.Stamp;
            if (file.Outcome == StateFileOutcome.Read) return file.Bytes.ToArray();
            if (file.Outcome != StateFileOutcome.Missing) Failed(path, file.Outcome.ToString());
            return null;
        }
        finally
        {
            file.Dispose();
        }
    }

    /// <summary>Reads a short text, such as an id or a number, without the white space around it.</summary>
    /// <returns>Null if there is no such file, or if it cannot be read.</returns>
    internal string? ReadText(string path) => ReadBytes(path, out _) is { } bytes ? Encoding.UTF8.GetString(bytes).Trim() : null;

    /// <summary>Parses a text of JSON.</summary>
    /// <returns>Null if it is damaged, nested more deeply than 64 levels, or has a string that is not valid Unicode.</returns>
    internal static JsonDocument? Parse(byte[] json)
    {
        if (!Utf8.IsValid(json)) return null;
        try
        {
            JsonDocument document = JsonDocument.Parse(json);

            // Half of a surrogate pair ("\ud800") is only noticed when a string is written.
            using var writer = new Utf8JsonWriter(Stream.Null);
            document.WriteTo(writer);
            return document;
        }
        catch (Exception e) when (StateText.IsMalformed(e) || e is ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Counts and logs containers beyond a limit.</summary>
    /// <param name="path">Where they are.</param>
    /// <param name="count">Number of containers that are left out, or that have no details.</param>
    /// <param name="limit">The limit, in words.</param>
    internal void OverLimit(string path, int count, string limit)
    {
        counters.Add(AgentCounter.IdentityErrors, count);
        log.Warning("docker api over limit", $"{path} has more containers than {limit} allows, so Docker's API leaves out containers, or details of containers.");
    }

    private void Failed(string path, string reason)
    {
        counters.Add(AgentCounter.IdentityErrors);
        log.Warning("docker api unreadable", $"Cannot read {path} ({reason}), so Docker's API shows fewer details of its container. Check the file's permissions, and whether it is larger than discovery.max_state_file.");
    }
}
