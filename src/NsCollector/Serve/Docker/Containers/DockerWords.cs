using System.Globalization;
using NsCollector.Discover;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>Docker's words for states and durations (moby daemon/container/state.go, docker/go-units duration.go).</summary>
internal static class DockerWords
{
    /// <summary>The values of the filter <c>status</c>.</summary>
    internal static readonly string[] States = ["created", "running", "paused", "restarting", "removing", "exited", "dead"];

    /// <summary>The values of the filter <c>health</c>.</summary>
    internal static readonly string[] Healths = ["starting", "healthy", "unhealthy", "none"];

    private const long SecondNs = 1_000_000_000;

    /// <summary>Whether Docker counts a container in this state as running: <c>docker ps</c> lists it.</summary>
    internal static bool IsRunning(RunState state) => state is RunState.Running or RunState.Paused or RunState.Restarting;

    /// <summary>The word for a state: the field <c>State</c> of the list, and <c>State.Status</c> of inspect.</summary>
    internal static string State(RunState state, bool isBeingRemoved) => state switch
    {
        RunState.Created => "created",
        RunState.Running => "running",
        RunState.Paused => "paused",
        RunState.Restarting => "restarting",
        RunState.Dead => isBeingRemoved ? "removing" : "dead",

        // Docker has no word for a state that is not known.
        _ => "exited",
    };

    /// <summary>The column STATUS of <c>docker ps</c>.</summary>
    /// <param name="state">The state.</param>
    /// <param name="details">Times, exit code and health.</param>
    /// <param name="nowNs">The wall clock, in nanoseconds since the epoch.</param>
    internal static string Status(RunState state, ContainerDetails details, long nowNs)
    {
        switch (state)
        {
            case RunState.Running:
            case RunState.Paused:
                string up = details.StartedNs == 0 ? "Up" : "Up " + Duration(nowNs - details.StartedNs);
                if (state == RunState.Paused) return up + " (Paused)";
                if (details.Health is not { } health) return up;
                return health == "starting" ? up + " (health: starting)" : $"{up} ({health})";
            case RunState.Restarting:
                return Ended("Restarting", details, nowNs);
            case RunState.Dead:
                return details.IsBeingRemoved ? "Removal In Progress" : "Dead";
            case RunState.Created:
                return "Created";
            default:
                return Ended("Exited", details, nowNs);
        }
    }

    /// <summary>A duration in words: "Less than a second", "About a minute", "3 hours" (HumanDuration of go-units).</summary>
    /// <param name="ns">The duration, in nanoseconds.</param>
    internal static string Duration(long ns)
    {
        long seconds = ns / SecondNs;
        if (seconds < 1) return "Less than a second";
        if (seconds == 1) return "1 second";
        if (seconds < 60) return Of(seconds, "seconds");
        long minutes = seconds / 60;
        if (minutes == 1) return "About a minute";
        if (minutes < 60) return Of(minutes, "minutes");
        long hours = (long)((ns / (3600.0 * SecondNs)) + 0.5);
        if (hours == 1) return "About an hour";
        if (hours < 48) return Of(hours, "hours");
        if (hours < 24 * 7 * 2) return Of(hours / 24, "days");
        if (hours < 24 * 30 * 2) return Of(hours / 24 / 7, "weeks");
        return hours < 24 * 365 * 2 ? Of(hours / 24 / 30, "months") : Of(seconds / 3600 / 24 / 365, "years");
    }

    private static string Ended(string word, ContainerDetails details, long nowNs)
    {
        string code = details.ExitCode is { } exit ? string.Create(CultureInfo.InvariantCulture, $"{word} ({exit})") : word;
        return details.FinishedNs == 0 ? code : $"{code} {Duration(nowNs - details.FinishedNs)} ago";
    }

    private static string Of(long number, string unit) => string.Create(CultureInfo.InvariantCulture, $"{number} {unit}");
}
