using System.Collections.Immutable;
using NsCollector.Discover;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>
/// Docker's config.v2.json and hostconfig.json as its list of containers shows them (moby daemon/container/view.go, transform).
/// </summary>
internal static class DockerDetails
{
    /// <summary>Converts the files of one container.</summary>
    /// <param name="config">config.v2.json.</param>
    /// <param name="host">hostconfig.json; undefined if it cannot be read.</param>
    internal static ContainerDetails Of(StateElement config, StateElement host)
    {
        StateElement state = config["State"], image = config["Config"], settings = config["NetworkSettings"];
        StateElement health = state["Health"];
        long startedNs = state["StartedAt"].TimeNs;
        return new ContainerDetails
        {
            Name = config["Name"].Text is { } name ? NameOf(name) : null,
            State = StateOf(state, startedNs),
            IsBeingRemoved = state["RemovalInProgress"].IsTrue,
            Image = image["Image"].Text,
            ImageId = config["Image"].Text,
            ManifestDescriptor = ManifestDescriptors.Of(config),
            Path = config["Path"].Text,
            Arguments = config["Args"].Texts,
            CreatedNs = config["Created"].TimeNs,
            StartedNs = startedNs,
            FinishedNs = state["FinishedAt"].TimeNs,
            ExitCode = state["ExitCode"].Number is { } code and >= int.MinValue and <= int.MaxValue ? (int)code : null,
            WasOomKilled = state["OOMKilled"].IsTrue,
            Pid = state["Pid"].Number ?? 0,

            // Docker treats a health without a status as unhealthy (Health.Status of moby daemon/container/health.go).
            Health = health.Exists ? health["Status"].Word ?? "unhealthy" : null,
            FailingStreak = health["FailingStreak"].Number ?? 0,
            RestartCount = config["RestartCount"].Number,
            Labels = image["Labels"].Pairs,
            Annotations = host["Annotations"].Pairs,
            NetworkMode = host["NetworkMode"].Text,
            Links = host["Links"].Texts,
            Networks = [.. settings["Networks"].Members.Select(network => EndpointOf(network.Key, network.Value))],
            Mounts = [.. config["MountPoints"].Members.Select(mount => MountOf(mount.Value))],
            Ports = PortsOf(settings["Ports"]),
            IsTask = config["Managed"].IsTrue,
            Driver = config["Driver"].Text,
        };
    }

    /// <summary>A name without Docker's leading slash; null for an empty one.</summary>
    internal static string? NameOf(string name) => name.TrimStart('/') is { Length: > 0 } text ? text : null;

    /// <summary>The state in Docker's file (StateString of moby daemon/container/state.go).</summary>
    /// <param name="state">The member <c>State</c>.</param>
    /// <param name="startedNs">When it was started; 0 if never.</param>
    internal static RunState StateOf(StateElement state, long startedNs)
    {
        if (state["Running"].IsTrue) return state["Paused"].IsTrue ? RunState.Paused : state["Restarting"].IsTrue ? RunState.Restarting : RunState.Running;
        if (state["RemovalInProgress"].IsTrue || state["Dead"].IsTrue) return RunState.Dead;
        return startedNs == 0 ? RunState.Created : RunState.Exited;
    }

    /// <summary>Where a mount is (Path of moby volume/mounts), and how.</summary>
    internal static MountedDirectory MountOf(StateElement mount) => new(
        mount["Type"].Text ?? "",
        mount["Name"].Word,
        mount["Source"].Text ?? "",
        mount["Destination"].Text ?? "",
        mount["Driver"].Word,
        mount["Relabel"].Text ?? "",
        mount["RW"].IsTrue,
        mount["Propagation"].Text ?? "");

    private static NetworkEndpoint EndpointOf(string network, StateElement endpoint)
    {
        StateElement configuration = endpoint["IPAMConfig"];
        return new NetworkEndpoint(network)
        {
            NetworkId = endpoint["NetworkID"].Text ?? "",
            EndpointId = endpoint["EndpointID"].Text ?? "",
            Gateway = endpoint["Gateway"].Text ?? "",
            Address = endpoint["IPAddress"].Text ?? "",
            PrefixLength = endpoint["IPPrefixLen"].Number ?? 0,
            Gateway6 = endpoint["IPv6Gateway"].Text ?? "",
            Address6 = endpoint["GlobalIPv6Address"].Text ?? "",
            PrefixLength6 = endpoint["GlobalIPv6PrefixLen"].Number ?? 0,
            Mac = endpoint["MacAddress"].Text ?? "",
            HasAddressConfiguration = configuration.Exists,
            ChosenAddress = configuration["IPv4Address"].Word,
            ChosenAddress6 = configuration["IPv6Address"].Word,
        };
    }

    // {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}], "443/tcp": null}
    private static ImmutableArray<ContainerPort> PortsOf(StateElement ports)
    {
        var found = ImmutableArray.CreateBuilder<ContainerPort>();
        foreach ((string key, StateElement bindings) in ports.Members)
        {
            if (!PortRange.TryParsePort(key, out int port, out string protocol)) continue;
            bool isPublished = false;
            foreach (StateElement binding in bindings.Items)
            {
                isPublished = true;
                if (PortRange.TryReadPort(binding["HostPort"].Text, out int published)) found.Add(new ContainerPort(port, protocol, published, binding["HostIp"].Text ?? ""));
            }

            if (!isPublished) found.Add(new ContainerPort(port, protocol));
        }

        return found.ToImmutable();
    }
}
