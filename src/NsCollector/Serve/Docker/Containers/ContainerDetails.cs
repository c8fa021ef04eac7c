using System.Collections.Immutable;
using NsCollector.Discover;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>What Docker's API shows of a container beside its id and name. All texts are hostile. Immutable.</summary>
/// <remarks>Null and empty mean: not known, or not set.</remarks>
internal sealed record ContainerDetails
{
    /// <summary>Details if nothing is known.</summary>
    internal static ContainerDetails Unknown { get; } = new();

    /// <summary>Its name without the leading slash, as its runtime has it.</summary>
    internal string? Name { get; init; }

    /// <summary>Its state.</summary>
    internal RunState State { get; init; } = RunState.Unknown;

    /// <summary>Whether Docker is removing it.</summary>
    internal bool IsBeingRemoved { get; init; }

    /// <summary>The name of its image.</summary>
    internal string? Image { get; init; }

    /// <summary>The id of its image, with the algorithm: <c>sha256:…</c>.</summary>
    internal string? ImageId { get; init; }

    /// <summary>The descriptor of its image's manifest, as JSON (images in containerd's store); empty if there is none.</summary>
    internal ReadOnlyMemory<byte> ManifestDescriptor { get; init; }

    /// <summary>The program.</summary>
    internal string? Path { get; init; }

    /// <summary>Its arguments, without the program.</summary>
    internal ImmutableArray<string> Arguments { get; init; } = [];

    /// <summary>When it was created, in nanoseconds since the epoch; 0 if that is not known.</summary>
    internal long CreatedNs { get; init; }

    /// <summary>When it was last started, in nanoseconds since the epoch; 0 if it was not, or if that is not known.</summary>
    internal long StartedNs { get; init; }

    /// <summary>When it last ended, in nanoseconds since the epoch; 0 if it did not, or if that is not known.</summary>
    internal long FinishedNs { get; init; }

    /// <summary>Its last exit code; null if that is not known.</summary>
    internal int? ExitCode { get; init; }

    /// <summary>Whether its last end was an OOM kill.</summary>
    internal bool WasOomKilled { get; init; }

    /// <summary>The process id of its init process; 0 if it has none.</summary>
    internal long Pid { get; init; }

    /// <summary>Docker's word for its health; null if it has no health check.</summary>
    internal string? Health { get; init; }

    /// <summary>The number of failed health checks in a row.</summary>
    internal long FailingStreak { get; init; }

    /// <summary>How often its runtime has restarted it; null if that is not known.</summary>
    internal long? RestartCount { get; init; }

    /// <summary>All of its labels, in the order of the file.</summary>
    internal ImmutableArray<KeyValuePair<string, string>> Labels { get; init; } = [];

    /// <summary>The annotations of Docker's HostConfig.</summary>
    internal ImmutableArray<KeyValuePair<string, string>> Annotations { get; init; } = [];

    /// <summary>Docker's network mode, for example <c>bridge</c> or <c>container:ID</c>.</summary>
    internal string? NetworkMode { get; init; }

    /// <summary>Its links to other containers, each <c>CONTAINER:ALIAS</c>.</summary>
    internal ImmutableArray<string> Links { get; init; } = [];

    /// <summary>Its networks.</summary>
    internal ImmutableArray<NetworkEndpoint> Networks { get; init; } = [];

    /// <summary>Its volumes and directories.</summary>
    internal ImmutableArray<MountedDirectory> Mounts { get; init; } = [];

    /// <summary>Its ports while it runs.</summary>
    internal ImmutableArray<ContainerPort> Ports { get; init; } = [];

    /// <summary>Whether it is a task of a Swarm service.</summary>
    internal bool IsTask { get; init; }

    /// <summary>The driver of its file system.</summary>
    internal string? Driver { get; init; }

    /// <summary>Its hostname.</summary>
    internal string? Hostname { get; init; }

    /// <summary>Its user.</summary>
    internal string? User { get; init; }

    /// <summary>Its working directory.</summary>
    internal string? WorkingDirectory { get; init; }

    /// <summary>Its environment, each entry as <c>NAME=VALUE</c>; secret.</summary>
    internal ImmutableArray<string> Environment { get; init; } = [];

    /// <summary>Whether it has a terminal.</summary>
    internal bool HasTerminal { get; init; }

    /// <summary>The file with its output.</summary>
    internal string? LogPath { get; init; }

    /// <summary>The limits in its runtime's file.</summary>
    internal ResourceLimits? Limits { get; init; }
}
