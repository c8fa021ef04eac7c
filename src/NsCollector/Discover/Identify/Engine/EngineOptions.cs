using NsCollector.Linux;

namespace NsCollector.Discover.Identify.Engine;

/// <summary>One daemon's socket, and how it is dealt with.</summary>
internal sealed record EngineOptions
{
    /// <summary>The socket's path.</summary>
    internal required string SocketPath { get; init; }

    /// <summary>
    /// Whether a connection is made although it may start the daemon. Where systemd listens on the socket, it would start
    /// a daemon that its administrator has just stopped.
    /// </summary>
    internal bool MayStartDaemon { get; init; }

    /// <summary>How long an answer may take; discovery.engine_timeout.</summary>
    internal TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the list of all containers may take: a daemon with thousands of them works on it for seconds.</summary>
    internal TimeSpan ListTimeout => Timeout * 6;

    /// <summary>How many bytes of an answer are read; discovery.max_engine_answer.</summary>
    internal long MaxAnswerBytes { get; init; } = 64 << 20;

    /// <summary>
    /// The most bytes of one container's entry, or of one event, that are held. What is longer is passed over and counted.
    /// Docker's entries have 1 to 4 KiB, most of it labels.
    /// </summary>
    internal int MaxObjectBytes { get; init; } = 1 << 20;

    /// <summary>The most containers that are remembered; discovery.max_containers.</summary>
    internal int MaxContainers { get; init; } = 20_000;

    /// <summary>How often the daemon is asked whether it lives: so long can it hang unnoticed, and <see cref="Timeout"/> more.</summary>
    internal TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How often all containers are asked for although every event is followed: Docker drops events for who reads too
    /// slowly (moby daemon/events, a channel of 1,024 and 100 ms), and says nothing.
    /// </summary>
    internal TimeSpan ListInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long the name of a container that is gone is kept: its last points need it.</summary>
    internal TimeSpan KeptAfterEnd { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The longest pause after the first failure; it doubles with each further one.</summary>
    internal TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause after any number of failures; a connection that held so long makes them forgotten.</summary>
    internal TimeSpan LongestPause { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How often a socket that is missing, or whose daemon sleeps, is looked for: one or two statx(2).</summary>
    internal TimeSpan LookInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Those of one configured socket.</summary>
    /// <param name="options">What is configured.</param>
    /// <param name="roots">Where the host's /run is.</param>
    /// <param name="socket">One of discovery.docker_sockets or discovery.podman_sockets.</param>
    /// <param name="mayStartDaemon">Whether it is podman's, which nobody names who does not want it started.</param>
    internal static EngineOptions Of(DiscoverOptions options, HostRoots roots, string socket, bool mayStartDaemon) => new()
    {
        SocketPath = socket.StartsWith("/run/", StringComparison.Ordinal) ? string.Concat(roots.Run, socket.AsSpan(4)) : socket,
        MayStartDaemon = mayStartDaemon,
        Timeout = options.EngineTimeout,
        MaxAnswerBytes = options.MaxEngineAnswerBytes,
        MaxContainers = options.MaxContainers,
    };
}
