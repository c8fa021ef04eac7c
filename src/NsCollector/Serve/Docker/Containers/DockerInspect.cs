using System.Text.Json;
using NsCollector.Discover;
using NsCollector.Discover.Identify;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>
/// Writes inspect for a container of Docker from its own files: most members are copied as they are (moby daemon/inspect.go).
/// </summary>
/// <param name="root">Docker's data root.</param>
/// <param name="config">config.v2.json.</param>
/// <param name="host">hostconfig.json; undefined if it cannot be read.</param>
/// <param name="request">What is asked, and what is known.</param>
internal sealed class DockerInspect(string root, StateElement config, StateElement host, InspectRequest request)
{
    private static readonly string[] CopiedAfterState = ["ResolvConfPath", "HostnamePath", "HostsPath", "LogPath"];
    private static readonly string[] CopiedBeforeHost = ["Driver", "MountLabel", "ProcessLabel", "AppArmorProfile"];
    private static readonly string[] State = ["Running", "Paused", "Restarting", "OOMKilled", "Dead", "Pid", "ExitCode", "Error", "StartedAt", "FinishedAt"];

    // The members of NetworkSettings that are not for the API, by version of Docker.
    private static readonly string[] InternalSettings = ["Service", "IsAnonymousEndpoint", "HasSwarmEndpoint", "Networks", "Ports"];
    private static readonly string[] InternalEndpoint = ["IPAMOperational", "DesiredMacAddress"];

    // The default network's members, which older clients expect beside the networks; empty if the container is not in it.
    private static readonly (string Name, bool IsNumber)[] DefaultNetwork =
    [
        ("EndpointID", false), ("Gateway", false), ("GlobalIPv6Address", false), ("GlobalIPv6PrefixLen", true), ("IPAddress", false), ("IPPrefixLen", true), ("IPv6Gateway", false),
        ("MacAddress", false),
    ];

    // Members that Docker 29 no longer keeps in its files.
    private static readonly (string Name, JsonValueKind Kind)[] OldSettings =
    [
        ("Bridge", JsonValueKind.String), ("HairpinMode", JsonValueKind.False), ("LinkLocalIPv6Address", JsonValueKind.String), ("LinkLocalIPv6PrefixLen", JsonValueKind.Number),
        ("SecondaryIPAddresses", JsonValueKind.Null), ("SecondaryIPv6Addresses", JsonValueKind.Null),
    ];

    /// <summary>Writes the members of the container's object.</summary>
    /// <param name="writer">Receives them.</param>
    /// <param name="graph">The directories of its file system.</param>
    internal void Write(Utf8JsonWriter writer, GraphDriverPaths graph)
    {
        writer.WriteString("Id", request.Entry.Container.Id);
        Copy(writer, config, "Created", "Path", "Args");
        WriteState(writer);
        Copy(writer, config, "Image");
        Copy(writer, config, CopiedAfterState);
        writer.WriteString("Name", "/" + request.Entry.Container.Name);
        Copy(writer, config, "RestartCount");
        CopyAs(writer, "Platform", config["OS"]);
        Copy(writer, config, CopiedBeforeHost);

        // Processes of docker exec are only in dockerd's memory.
        writer.WriteNull("ExecIDs");
        WriteHostConfig(writer);
        graph.Write(writer, request.ApiMinorVersion);
        request.Sizes?.WriteKnown(writer);
        writer.WriteStartArray("Mounts");
        foreach ((_, StateElement mount) in config["MountPoints"].Members) MountWriter.Write(writer, WithVolumePath(DockerDetails.MountOf(mount)));
        writer.WriteEndArray();
        WriteConfig(writer);
        WriteSettings(writer);
        ReadOnlyMemory<byte> manifest = request.Entry.Details.ManifestDescriptor;
        if (request.ApiMinorVersion < FieldVersions.ManifestDescriptor || manifest.IsEmpty) return;
        writer.WritePropertyName("ImageManifestDescriptor");
        writer.WriteRawValue(manifest.Span, skipInputValidation: true);
    }

    // The file has the path of a volume only if the user named it; the list shows it as the file has it.
    private MountedDirectory WithVolumePath(MountedDirectory mount) =>
        mount is { Type: "volume", Source: "", Driver: "local", Name: { } name } && StatePlace.IsElement(name) ? mount with { Source = $"{root}/volumes/{name}/_data" } : mount;

    private void WriteHostConfig(Utf8JsonWriter writer)
    {
        // Written even without its file, because clients in Go would use a null pointer.
        writer.WriteStartObject("HostConfig");
        foreach ((string key, StateElement value) in host.Members)
        {
            if (key != "Links" || request.Links.IsEmpty)
            {
                CopyAs(writer, key, value);
                continue;
            }

            writer.WriteStartArray(key);
            foreach (string link in request.Links) writer.WriteStringValue(link);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private void WriteState(Utf8JsonWriter writer)
    {
        ContainerDetails details = request.Entry.Details;
        StateElement state = config["State"];
        RunState runState = DockerDetails.StateOf(state, state["StartedAt"].TimeNs);
        writer.WriteStartObject("State");
        writer.WriteString("Status", DockerWords.State(runState, state["RemovalInProgress"].IsTrue));
        Copy(writer, state, State);
        StateElement health = state["Health"];
        if (health.Exists)
        {
            writer.WriteStartObject("Health");

            // Docker writes the file only when the state changes; discovery may know a newer status.
            writer.WriteString("Status", details.Health ?? health["Status"].Text ?? "");
            Copy(writer, health, "FailingStreak", "Log");
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private void WriteConfig(Utf8JsonWriter writer)
    {
        StateElement image = config["Config"];
        writer.WriteStartObject("Config");
        foreach ((string key, StateElement value) in image.Members)
        {
            if (key != "Env" || request.HasEnvironment) CopyAs(writer, key, value);
        }

        writer.WriteEndObject();
    }

    private void WriteSettings(Utf8JsonWriter writer)
    {
        StateElement settings = config["NetworkSettings"];
        bool hasDefault = request.ApiMinorVersion < FieldVersions.NoDefaultNetwork;
        writer.WriteStartObject("NetworkSettings");
        foreach ((string key, StateElement value) in settings.Members)
        {
            bool isOld = OldSettings.Any(old => old.Name == key);
            if (!InternalSettings.Contains(key) && (hasDefault || !isOld)) CopyAs(writer, key, value);
        }

        writer.WritePropertyName("Ports");
        if (settings["Ports"].Exists) settings["Ports"].Json.WriteTo(writer);
        else WriteEmptyObject(writer);
        if (hasDefault) WriteDefaultNetwork(writer, settings);
        writer.WriteStartObject("Networks");
        foreach ((string key, StateElement endpoint) in settings["Networks"].Members)
        {
            if (endpoint.Exists) WriteEndpoint(writer, key, endpoint);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    // The network "bridge", whose addresses older clients expect beside the networks.
    private static void WriteDefaultNetwork(Utf8JsonWriter writer, StateElement settings)
    {
        foreach ((string name, JsonValueKind kind) in OldSettings)
        {
            if (settings[name].Json.ValueKind != JsonValueKind.Undefined) continue;
            writer.WritePropertyName(name);
            WriteEmpty(writer, kind);
        }

        StateElement bridge = settings["Networks"]["bridge"];
        foreach ((string name, bool isNumber) in DefaultNetwork)
        {
            writer.WritePropertyName(name);
            if (bridge[name].Exists) bridge[name].Json.WriteTo(writer);
            else WriteEmpty(writer, isNumber ? JsonValueKind.Number : JsonValueKind.String);
        }
    }

    private void WriteEndpoint(Utf8JsonWriter writer, string network, StateElement endpoint)
    {
        writer.WriteStartObject(network);
        foreach ((string key, StateElement value) in endpoint.Members)
        {
            bool isNewer = (key == "DNSNames" && request.ApiMinorVersion < FieldVersions.DnsNames) || (key == "GwPriority" && request.ApiMinorVersion < FieldVersions.GatewayPriority);
            if (!isNewer && !InternalEndpoint.Contains(key)) CopyAs(writer, key, value);
        }

        writer.WriteEndObject();
    }

    private static void WriteEmpty(Utf8JsonWriter writer, JsonValueKind kind)
    {
        if (kind == JsonValueKind.Number) writer.WriteNumberValue(0);
        else if (kind == JsonValueKind.False) writer.WriteBooleanValue(false);
        else if (kind == JsonValueKind.Null) writer.WriteNullValue();
        else writer.WriteStringValue("");
    }

    private static void WriteEmptyObject(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteEndObject();
    }

    private static void Copy(Utf8JsonWriter writer, StateElement from, params ReadOnlySpan<string> names)
    {
        foreach (string name in names) CopyAs(writer, name, from[name]);
    }

    private static void CopyAs(Utf8JsonWriter writer, string name, StateElement value)
    {
        if (value.Json.ValueKind == JsonValueKind.Undefined) return;
        writer.WritePropertyName(name);
        value.Json.WriteTo(writer);
    }
}
