using System.Globalization;
using System.Text;
using NsCollector.PackageTests.Oci;

namespace NsCollector.PackageTests.Kubernetes;

/// <summary>
/// The agent's container, run by podman with the capabilities, mounts and restrictions of the DaemonSet, and with the files that a
/// kubelet makes of its ConfigMap and Secret. Disposing removes it.
/// </summary>
internal sealed class AgentPod : IDisposable
{
    /// <summary>The node's name.</summary>
    public const string Node = "node-7";

    private readonly PodVolumes _volumes;
    private readonly PodmanEngine _podman;

    /// <summary>Starts it and waits for its first cycle.</summary>
    /// <param name="podman">The podman that runs it, and whose containers it samples.</param>
    /// <param name="manifest">The DaemonSet.</param>
    /// <param name="name">The container's name.</param>
    /// <param name="environment">Further variables of its environment, <c>NAME=VALUE</c>.</param>
    public AgentPod(PodmanEngine podman, DaemonSet manifest, string name = "nscollector", params string[] environment)
    {
        _podman = podman;
        _volumes = new PodVolumes(manifest);
        podman.Podman("load", "--quiet", "--input", ImageArchive.Path);
        Container = new PodmanContainer(podman, podman.Podman(
        [
            "run", "--detach", "--name", name,
            .. Restrictions(manifest),
            .. manifest.Mounts.SelectMany(Mount),
            "--env", $"{manifest.NodeNameVariable}={Node}",
            // Settings of the tests: lines on standard output, a short interval, and the names of the tests' podman.
            "--env", "NSCOLLECTOR_file__main__path=-", "--env", "NSCOLLECTOR_agent__interval=1s",
            "--env", $"NSCOLLECTOR_discovery__podman_roots={podman.Root}", "--volume", $"{podman.Root}:{podman.Root}:ro",
            .. environment.SelectMany(variable => new[] { "--env", variable }),
            manifest.Image, .. manifest.Arguments,
        ]));
        try
        {
            Eventually.True(() => Points.Any(point => point.Measurement == "nscollector" && point.Has("cycle_ns")) || !IsRunning, "a first cycle", () => Log);
            Assert.True(IsRunning, Log);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The container.</summary>
    public PodmanContainer Container { get; }

    /// <summary>All points that it has written to standard output so far.</summary>
    public List<Point> Points
    {
        get
        {
            string text = Streams("stdout");
            return StrictParser.ParseAll(text[..(text.LastIndexOf('\n') + 1)]);
        }
    }

    /// <summary>Its log so far.</summary>
    public string Log => Streams("stderr");

    /// <summary>The host's directory of its spool.</summary>
    public string SpoolDirectory => _volumes.Spool;

    /// <summary>The waiting files of its spool.</summary>
    public string[] Spooled => _volumes.Spooled;

    private bool IsRunning => Container.Inspect("{{.State.Running}}") == "true";

    /// <summary>Stops it by SIGTERM, as a kubelet does.</summary>
    /// <returns>Its exit status.</returns>
    public int Stop(int seconds)
    {
        _podman.Podman("stop", "--time", seconds.ToString(CultureInfo.InvariantCulture), Container.Id);
        return int.Parse(Container.Inspect("{{.State.ExitCode}}"), CultureInfo.InvariantCulture);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _podman.Podman("rm", "--force", "--time", "0", Container.Id);
        _volumes.Dispose();
    }

    private static List<string> Restrictions(DaemonSet manifest)
    {
        List<string> options = ["--user", manifest.RunAsUser.ToString(CultureInfo.InvariantCulture), "--network", manifest.HostNetwork ? "host" : "none"];
        if (manifest.HostPid) options.AddRange(["--pid", "host"]);
        if (manifest.Privileged) options.Add("--privileged");
        if (manifest.ReadOnlyRootFilesystem) options.AddRange(["--read-only", "--read-only-tmpfs=false"]);
        if (!manifest.AllowPrivilegeEscalation) options.AddRange(["--security-opt", "no-new-privileges"]);
        if (manifest.SeccompProfile != "RuntimeDefault") options.AddRange(["--security-opt", "seccomp=unconfined"]);
        foreach (string capability in manifest.Dropped) options.AddRange(["--cap-drop", capability]);
        foreach (string capability in manifest.Added) options.AddRange(["--cap-add", capability]);
        options.AddRange(["--memory", manifest.MemoryLimit.Replace("Mi", "m", StringComparison.Ordinal)]);
        return options;
    }

    private string[] Mount(VolumeMount mount)
    {
        string propagation = mount.Propagation switch { "HostToContainer" => "rslave", "Bidirectional" => "rshared", _ => "rprivate" };
        return ["--volume", $"{_volumes.SourceOf(mount)}:{mount.Path}:{(mount.ReadOnly ? "ro" : "rw")},{propagation}"];
    }

    // Each part of a line in the log begins with a time, a stream and a tag (F: a full line, P: more follows).
    private string Streams(string wanted)
    {
        var text = new StringBuilder();
        foreach (string line in File.ReadAllText(Container.Inspect("{{.HostConfig.LogConfig.Path}}")).Split('\n')[..^1])
        {
            string[] parts = line.Split(' ', 4);
            if (parts[1] == wanted) text.Append(parts[3]).Append(parts[2] == "F" ? "\n" : "");
        }

        return text.ToString();
    }
}
