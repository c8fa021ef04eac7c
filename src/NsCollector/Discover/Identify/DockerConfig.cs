using System.Text.Json;

namespace NsCollector.Discover.Identify;

/// <summary>
/// Docker's ROOT/containers/ID/config.v2.json (moby daemon/container/container.go): <c>Name</c>, <c>Config.Image</c>,
/// <c>Config.Labels</c>, <c>RestartCount</c> and <c>State.Health</c>.
/// </summary>
internal static class DockerConfig
{
    /// <summary>The interval and the timeout of health checks if none is configured (moby daemon/health.go).</summary>
    private const long DefaultCheckNs = 30_000_000_000;

    /// <summary>A longer interval or timeout is ignored: a day.</summary>
    private const long MaxCheckNs = 86_400_000_000_000;

    /// <summary>Time to the first check if a start period is configured (start_interval); otherwise it is the interval.</summary>
    private const long FirstCheckNs = 5_000_000_000;

    /// <summary>Reads a whole file. If a key is repeated, the last one counts, as in Docker.</summary>
    /// <returns>False if it is not such a file; nothing in the draft may be used then.</returns>
    internal static bool TryParse(ReadOnlySpan<byte> json, IdentityDraft draft)
    {
        string? name = null;
        int? restarts = null;
        (long IntervalNs, long TimeoutNs) check = default;
        DockerState? state = null;
        try
        {
            var reader = new Utf8JsonReader(json, StateText.ReaderOptions);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isName = reader.ValueTextEquals("Name"u8);
                bool isConfig = !isName && reader.ValueTextEquals("Config"u8);
                bool isState = !isName && !isConfig && reader.ValueTextEquals("State"u8);
                bool isRestarts = reader.ValueTextEquals("RestartCount"u8);
                reader.Read();
                if (isName) name = StateText.Read(ref reader);
                if (isRestarts) restarts = StateText.Count(ref reader);
                if (isConfig && reader.TokenType == JsonTokenType.StartObject) check = ReadConfig(ref reader, draft);
                else if (isState && reader.TokenType == JsonTokenType.StartObject) state = DockerState.Read(ref reader);
                else
                {
                    if (isConfig) draft.Image = null;
                    StateText.Skip(ref reader);
                }
            }

            // Anything after the object makes the reader throw.
            reader.Read();
        }
        catch (Exception e) when (StateText.IsMalformed(e))
        {
            return false;
        }

        // Docker's names begin with a slash: "/web".
        bool hasCheck = check.IntervalNs > 0;
        draft.State = new RuntimeState(restarts, hasCheck, hasCheck ? state?.Health ?? HealthStatus.None : HealthStatus.None, state?.HealthyAtNs ?? 0);
        draft.HealthUntilNs = state is { CheckedAtNs: > 0 and var checkedNs }
            ? checkedNs + check.IntervalNs + check.TimeoutNs
            : (state?.StartedAtNs ?? 0) + Math.Min(check.IntervalNs, FirstCheckNs);

        // Docker writes the file again after the container has started. It keeps few checks, so the file is read until the first success.
        draft.IsStarting = state is not null && (state.RunState is not (RunState.Running or RunState.Paused) || (hasCheck && state.Health != HealthStatus.Healthy));
        draft.Name = name is ['/', ..] ? name.Length == 1 ? null : name[1..] : name;
        return true;
    }

    /// <returns>The interval and the timeout of the health checks, in nanoseconds; 0 if there is none.</returns>
    private static (long IntervalNs, long TimeoutNs) ReadConfig(ref Utf8JsonReader reader, IdentityDraft draft)
    {
        (long, long) check = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isImage = reader.ValueTextEquals("Image"u8);
            bool isLabels = !isImage && reader.ValueTextEquals("Labels"u8);
            bool isCheck = !isImage && !isLabels && reader.ValueTextEquals("Healthcheck"u8);
            bool isEnvironment = reader.ValueTextEquals("Env"u8);
            reader.Read();
            if (isEnvironment)
            {
                draft.ReadEnvironment(ref reader);
                continue;
            }

            if (isLabels)
            {
                draft.Read(ref reader);
                continue;
            }

            if (isCheck && reader.TokenType == JsonTokenType.StartObject)
            {
                check = ReadCheck(ref reader);
                continue;
            }

            if (isImage) draft.Image = StateText.Read(ref reader);
            StateText.Skip(ref reader);
        }

        return check;
    }

    private static (long, long) ReadCheck(ref Utf8JsonReader reader)
    {
        bool isChecked = false;
        long intervalNs = DefaultCheckNs, timeoutNs = DefaultCheckNs;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isTest = reader.ValueTextEquals("Test"u8);
            bool isInterval = reader.ValueTextEquals("Interval"u8);
            bool isTimeout = reader.ValueTextEquals("Timeout"u8);
            reader.Read();
            if ((isInterval || isTimeout) && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long ns) && ns is > 0 and < MaxCheckNs)
                (isInterval ? ref intervalNs : ref timeoutNs) = ns;
            if (isTest && reader.TokenType == JsonTokenType.StartArray) isChecked = IsTest(ref reader);
            else StateText.Skip(ref reader);
        }

        return isChecked ? (intervalNs, timeoutNs) : default;
    }

    // ["CMD", …] or ["CMD-SHELL", …]; ["NONE"] disables the check of the image.
    private static bool IsTest(ref Utf8JsonReader reader)
    {
        bool isTest = false, isFirst = true;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (isFirst) isTest = reader.TokenType == JsonTokenType.String && !reader.ValueTextEquals("NONE"u8);
            isFirst = false;
            StateText.Skip(ref reader);
        }

        return isTest;
    }
}
