using System.Text.Json;
using NsCollector.Discover;
using NsCollector.Encode;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>
/// Writes inspect for a container whose runtime is not Docker, or whose files cannot be read: only what is known, in the objects that clients expect.
/// </summary>
/// <param name="request">What is asked, and what is known.</param>
/// <param name="sampled">The limits of the last cycle; null if they are not known.</param>
internal sealed class ContainerInspect(InspectRequest request, ResourceLimits? sampled)
{
    private readonly ContainerDetails _details = request.Entry.Details;

    /// <summary>Writes the members of the container's object.</summary>
    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("Id", request.Entry.Container.Id);
        GoTime.Write(writer, "Created"u8, _details.CreatedNs);
        writer.WriteString("Path", _details.Path ?? "");
        WriteTexts(writer, "Args", _details.Arguments);
        WriteState(writer);
        writer.WriteString("Image", _details.ImageId ?? "");
        if (_details.LogPath is { } log) writer.WriteString("LogPath", log);
        writer.WriteString("Name", "/" + request.Entry.Container.Name);
        if (_details.RestartCount is { } restarts) writer.WriteNumber("RestartCount", restarts);
        if (_details.Driver is { } driver) writer.WriteString("Driver", driver);
        writer.WriteString("Platform", "linux");
        WriteHostConfig(writer);
        writer.WriteStartObject("GraphDriver");
        writer.WriteNull("Data");
        writer.WriteString("Name", _details.Driver ?? "");
        writer.WriteEndObject();
        request.Sizes?.WriteKnown(writer);
        writer.WriteStartArray("Mounts");
        foreach (MountedDirectory mount in _details.Mounts) MountWriter.Write(writer, mount);
        writer.WriteEndArray();
        WriteConfig(writer);
        writer.WriteStartObject("NetworkSettings");
        writer.WriteStartObject("Networks");
        foreach (NetworkEndpoint endpoint in _details.Networks) EndpointWriter.Write(writer, endpoint, request.ApiMinorVersion);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private void WriteState(Utf8JsonWriter writer)
    {
        RunState state = request.Entry.Container.State;
        writer.WriteStartObject("State");
        writer.WriteString("Status", DockerWords.State(state, false));
        writer.WriteBoolean("Running", DockerWords.IsRunning(state));
        writer.WriteBoolean("Paused", state == RunState.Paused);
        writer.WriteBoolean("Restarting", state == RunState.Restarting);
        writer.WriteBoolean("OOMKilled", _details.WasOomKilled);
        writer.WriteBoolean("Dead", state == RunState.Dead);
        writer.WriteNumber("Pid", _details.Pid);

        // dockerd shows 0 for a container that runs.
        if ((_details.ExitCode ?? (DockerWords.IsRunning(state) ? 0 : (int?)null)) is { } code) writer.WriteNumber("ExitCode", code);
        GoTime.Write(writer, "StartedAt"u8, _details.StartedNs);
        GoTime.Write(writer, "FinishedAt"u8, _details.FinishedNs);
        if (_details.Health is { } health)
        {
            writer.WriteStartObject("Health");
            writer.WriteString("Status", health);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private void WriteHostConfig(Utf8JsonWriter writer)
    {
        // What the kernel enforces, else what the runtime's file says.
        ResourceLimits limits = sampled?.Or(_details.Limits) ?? _details.Limits ?? new ResourceLimits();
        writer.WriteStartObject("HostConfig");
        if (_details.NetworkMode is { } mode) writer.WriteString("NetworkMode", mode);
        WriteNumber(writer, "CpuShares", limits.CpuShares);
        WriteNumber(writer, "Memory", limits.Memory);
        WriteNumber(writer, "CpuPeriod", limits.CpuPeriod);
        WriteNumber(writer, "CpuQuota", limits.CpuQuota);
        if (limits.CpusetCpus is { } cpus) writer.WriteString("CpusetCpus", cpus);
        if (limits.CpusetMems is { } mems) writer.WriteString("CpusetMems", mems);
        WriteNumber(writer, "MemoryReservation", limits.MemoryReservation);
        WriteNumber(writer, "MemorySwap", limits.MemorySwap);
        WriteNumber(writer, "PidsLimit", limits.PidsLimit);
        writer.WriteEndObject();
    }

    private void WriteConfig(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("Config");
        if (_details.Hostname is { } host) writer.WriteString("Hostname", host);
        if (_details.User is { } user) writer.WriteString("User", user);
        writer.WriteBoolean("Tty", _details.HasTerminal);
        if (request.HasEnvironment && !_details.Environment.IsEmpty) WriteTexts(writer, "Env", _details.Environment);
        if (_details.Path is { } path) WriteTexts(writer, "Cmd", [path, .. _details.Arguments]);
        writer.WriteString("Image", _details.Image ?? "");
        if (_details.WorkingDirectory is { } directory) writer.WriteString("WorkingDir", directory);
        PairsWriter.Write(writer, "Labels", _details.Labels);
        writer.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter writer, string name, long? value)
    {
        if (value is { } number) writer.WriteNumber(name, number);
    }

    private static void WriteTexts(Utf8JsonWriter writer, string name, IEnumerable<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (string text in texts) writer.WriteStringValue(text);
        writer.WriteEndArray();
    }
}
