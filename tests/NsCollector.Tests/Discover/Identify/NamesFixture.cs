using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Discover;
using NsCollector.Discover.Identify;
using NsCollector.Discover.Recognise;
using NsCollector.Linux;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Discover.Identify;

/// <summary>A directory that looks like the state of all runtimes, and names over it.</summary>
internal sealed class NamesFixture : IDisposable
{
    internal const string Id = "4f1d2b7c9e0a3f5d6c8b7a9e1f2d3c4b5a69788796a5b4c3d2e1f0a9b8c7d6e5";
    internal const string OtherId = "0f1d2b7c9e0a3f5d6c8b7a9e1f2d3c4b5a69788796a5b4c3d2e1f0a9b8c7d6e5";
    internal const string PathUid = "11111111-2222-3333-4444-555555555555";
    internal const string DockerFile = "docker/containers/" + Id + "/config.v2.json";

    internal TemporaryDirectory Tree { get; } = new();

    internal AgentCounters Counters { get; } = new();

    internal long Errors => Counters[AgentCounter.IdentityErrors];

    internal long LabelsLeftOut => Counters[AgentCounter.LabelsOverLimit];

    internal ContainerNames Names(IdentityOptions? identity = null, IEngineNames? docker = null, IEngineNames? podman = null, Func<DiscoverOptions, DiscoverOptions>? with = null, Func<uint, string?>? homeOf = null)
    {
        var options = new DiscoverOptions
        {
            DockerRoots = [Tree.Path + "/docker"],
            PodmanRoots = [Tree.Path + "/podman"],
            LxdRoots = [Tree.Path + "/lxd", Tree.Path + "/incus"],
            Identity = identity ?? new IdentityOptions(),
        };
        return new ContainerNames(with?.Invoke(options) ?? options, new HostRoots(Proc: Tree.Path + "/proc", Run: Tree.Path + "/run"), Counters, NullLogger.Instance, homeOf ?? (_ => null),
            runtime => runtime switch { ContainerRuntime.Docker => docker, ContainerRuntime.Podman => podman, _ => null });
    }

    internal ContainerNames Labelled(params string[] globs) => Names(new IdentityOptions { Labels = [.. globs] });

    internal static RecognisedContainer Container(ContainerRuntime runtime, string id = Id, string? name = null) => new(runtime, id, name, null);

    /// <summary>Asserts that resolving again gives the same object and allocates nothing.</summary>
    internal static void AssertSteady(ContainerNames names, RecognisedContainer container, string path, KnownIdentity known)
    {
        Assert.Same(known, names.Resolve(container, path, known));
        Assert.Equal(0, Allocated.LeastOf(() =>
        {
            for (int i = 0; i < 100; i++) names.Resolve(container, path, known);
        }));
    }

    internal static string Text(IEnumerable<KeyValuePair<string, string>> labels) => string.Join(' ', labels.Select(label => $"{label.Key}={label.Value}"));

    public void Dispose() => Tree.Dispose();
}
