using NsCollector.Linux;

namespace NsCollector.Discover.Identify.Engine;

/// <summary>One daemon's socket, and the times and bounds that apply to it.</summary>
internal sealed record EngineOptions
{
    /// <summary>The socket's path.</summary>
    internal required string SocketPath { get; init; }

    /// <summary>
    /// Whether to connect even if that starts the daemon. If systemd listens on the socket, a connection would start a daemon
    /// that its administrator has just stopped.
    /// </summary>
    internal bool MayStartDaemon { get; init; }

    /// <summary>How long an answer may take; discovery.engine_timeout.</summary>
    internal TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the list of all containers may take: with thousands of them a daemon needs seconds.</summary>
    internal TimeSpan ListTimeout => Timeout * 6;

    /// <summary>How many bytes of an answer are read; discovery.max_engine_answer.</summary>
    internal long MaxAnswerBytes { get; init; } = 64 << 20;

    /// <summary>
    /// The longest entry of one container, or event, in bytes. A longer one is skipped and counted. Docker's have 1 to 4 KiB,
    /// mostly labels.
    /// </summary>
    internal int MaxObjectBytes { get; init; } = 1 << 20;

    /// <summary>The most containers that are kept; discovery.max_containers.</summary>
    internal int MaxContainers { get; init; } = 20_000;

    /// <summary>How often the daemon is checked. A daemon that hangs is noticed after this and <see cref="Timeout"/> at most.</summary>
    internal TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How often all containers are listed although every event is followed: Docker silently drops events for a slow reader
    /// (moby daemon/events, a channel of 1,024 and 100 ms).
    /// </summary>
    internal TimeSpan ListInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long the name of a removed container is kept, for its last points.</summary>
    internal TimeSpan KeptAfterEnd { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The longest pause after the first failure; it doubles with each further one.</summary>
    internal TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause after any number of failures. A connection that lasted this long resets the pause.</summary>
    internal TimeSpan LongestPause { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How often a socket is checked that is missing or whose daemon is stopped: one or two statx(2).</summary>
    internal TimeSpan LookInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The options of one configured socket.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="roots">Where the host's /run is.</param>
    /// <param name="socket">One of discovery.docker_sockets or discovery.podman_sockets.</param>
    /// <param name="mayStartDaemon">Whether it is podman's: whoever configures that socket wants the service to start.</param>
    internal static EngineOptions Of(DiscoverOptions options, HostRoots roots, string socket, bool mayStartDaemon) => new()
    {
        SocketPath = socket.StartsWith("/run/", StringComparison.Ordinal) ? string.Concat(roots.Run, socket.AsSpan(4)) : socket,
        MayStartDaemon = mayStartDaemon,
        Timeout = options.EngineTimeout,
        MaxAnswerBytes = options.MaxEngineAnswerBytes,
        MaxContainers = options.MaxContainers,
    };
}
