using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace NsCollector.Discover.Identify;

/// <summary>The member <c>State</c> of Docker's config.v2.json (moby daemon/container/state.go). Immutable.</summary>
internal sealed record DockerState
{
    /// <summary>Number of check results that Docker keeps (maxLogEntries of moby daemon/health.go).</summary>
    private const int MaxLogEntries = 5;

    /// <summary>Maximum checks that are read; no version of Docker writes more.</summary>
    private const int MaxChecks = 64;

    /// <summary>Docker's own word (StateString of moby daemon/container/state.go).</summary>
    internal RunState RunState { get; private init; }

    /// <summary>The result of its health checks at <see cref="CheckedAtNs"/>; none if it is not running.</summary>
    internal HealthStatus Health { get; private init; }

    /// <summary>When it was started, in nanoseconds since the epoch; 0 if it is not running.</summary>
    internal long StartedAtNs { get; private init; }

    /// <summary>When the last check since then ended, in nanoseconds since the epoch; 0 if the file has none.</summary>
    internal long CheckedAtNs { get; private init; }

    /// <summary>When the first successful check since its start ended, in nanoseconds since the epoch; 0 if there was none, or if the file no longer has it.</summary>
    internal long HealthyAtNs { get; private init; }

    /// <summary>Reads the member from a whole file.</summary>
    /// <returns>False if it is not such a file.</returns>
    internal static bool TryParse(ReadOnlySpan<byte> json, [NotNullWhen(true)] out DockerState? state)
    {
        state = null;
        try
        {
            var reader = new Utf8JsonReader(json, StateText.ReaderOptions);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isState = reader.ValueTextEquals("State"u8);
                reader.Read();
                if (isState && reader.TokenType == JsonTokenType.StartObject) state = Read(ref reader);
                else StateText.Skip(ref reader);
            }

            reader.Read();
            return state is not null;
        }
        catch (Exception e) when (StateText.IsMalformed(e))
        {
            return false;
        }
    }

    /// <summary>Reads the object at the reader's position.</summary>
    internal static DockerState Read(ref Utf8JsonReader reader)
    {
        bool isRunning = false, isPaused = false, isRestarting = false, isDead = false;
        long startedNs = 0;
        var health = HealthStatus.None;
        List<(long EndNs, bool IsSuccess)>? checks = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isHealth = false;
            if (reader.ValueTextEquals("Running"u8)) isRunning = ReadTrue(ref reader);
            else if (reader.ValueTextEquals("Paused"u8)) isPaused = ReadTrue(ref reader);
            else if (reader.ValueTextEquals("Restarting"u8)) isRestarting = ReadTrue(ref reader);
            else if (reader.ValueTextEquals("Dead"u8) || reader.ValueTextEquals("RemovalInProgress"u8)) isDead |= ReadTrue(ref reader);
            else if (reader.ValueTextEquals("StartedAt"u8)) startedNs = ReadTime(ref reader);
            else
            {
                isHealth = reader.ValueTextEquals("Health"u8);
                reader.Read();
            }

            if (isHealth && reader.TokenType == JsonTokenType.StartObject) health = ReadHealth(ref reader, ref checks);
            else StateText.Skip(ref reader);
        }

        RunState runState = isRunning ? isPaused ? RunState.Paused : isRestarting ? RunState.Restarting : RunState.Running
            : isDead ? RunState.Dead : startedNs == 0 ? RunState.Created : RunState.Exited;

        // Until Docker has restarted the container, the file has the health of its last life.
        return runState is RunState.Running or RunState.Paused
            ? new DockerState { RunState = runState, Health = health, StartedAtNs = startedNs, CheckedAtNs = LastCheck(checks, startedNs), HealthyAtNs = FirstSuccess(checks, startedNs) }
            : new DockerState { RunState = runState };
    }

    private static long LastCheck(List<(long EndNs, bool IsSuccess)>? checks, long startedNs) =>
        checks is [.., (var endNs, _)] && endNs >= startedNs ? endNs : 0;

    private static long FirstSuccess(List<(long EndNs, bool IsSuccess)>? checks, long startedNs)
    {
        for (int i = 0; checks is not null && i < checks.Count; i++)
        {
            (long endNs, bool isSuccess) = checks[i];
            if (!isSuccess || endNs < startedNs) continue;

            // If the list is full, an earlier success may have been removed from it.
            return i > 0 || checks.Count < MaxLogEntries ? endNs : 0;
        }

        return 0;
    }

    private static HealthStatus ReadHealth(ref Utf8JsonReader reader, ref List<(long EndNs, bool IsSuccess)>? checks)
    {
        var status = HealthStatus.None;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isStatus = reader.ValueTextEquals("Status"u8);
            bool isLog = !isStatus && reader.ValueTextEquals("Log"u8);
            reader.Read();
            if (isStatus) status = StatusOf(ref reader);
            if (isLog && reader.TokenType == JsonTokenType.StartArray) ReadLog(ref reader, checks = []);
            else StateText.Skip(ref reader);
        }

        return status;
    }

    private static HealthStatus StatusOf(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String) return HealthStatus.None;
        return reader.ValueTextEquals("starting"u8) ? HealthStatus.Starting
            : reader.ValueTextEquals("healthy"u8) ? HealthStatus.Healthy
            : reader.ValueTextEquals("unhealthy"u8) ? HealthStatus.Unhealthy
            : HealthStatus.None;
    }

    // Oldest first. The checks of earlier lives stay in the list.
    private static void ReadLog(ref Utf8JsonReader reader, List<(long EndNs, bool IsSuccess)> checks)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                StateText.Skip(ref reader);
                continue;
            }

            long endNs = 0;
            bool isSuccess = false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("End"u8)) endNs = ReadTime(ref reader);
                else
                {
                    bool isCode = reader.ValueTextEquals("ExitCode"u8);
                    reader.Read();
                    if (isCode) isSuccess = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int code) && code == 0;
                }

                StateText.Skip(ref reader);
            }

            if (endNs > 0 && checks.Count < MaxChecks) checks.Add((endNs, isSuccess));
        }
    }

    private static bool ReadTrue(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.True;
    }

    /// <summary>A time of Go (RFC 3339), in nanoseconds since the epoch; 0 for Go's zero time and for anything else.</summary>
    private static long ReadTime(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length <= StateText.MaxBytes && reader.TryGetDateTimeOffset(out DateTimeOffset time)
            && time.UtcTicks > DateTimeOffset.UnixEpoch.Ticks && time.Year < 2200
            ? (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100
            : 0;
    }
}
