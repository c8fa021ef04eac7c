
namespace NsCollector.PackageTests.Kubernetes;

/// <summary>
/// What a kubelet would mount for the volumes of the DaemonSet: the host's own trees, and for the ConfigMap, the Secret and
/// the spool directories of the test's own. Disposing of it removes those.
/// </summary>
internal sealed class PodVolumes(DaemonSet manifest) : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-pod-").FullName;

    /// <summary>The files that wait in the spool.</summary>
    public string[] Spooled => Directory.GetFiles(Make("spool"), "*.lp.gz", SearchOption.AllDirectories);

    /// <summary>The host's directory that stands behind a mount.</summary>
    public string SourceOf(VolumeMount mount)
    {
        switch (mount.Name)
        {
            case "proc" or "cgroup" or "run":
                return mount.HostPath!;
            case "configuration":
                foreach ((string name, string text) in manifest.Configuration)
                    Publish(Make(mount.Name), name, text, "0644");
                break;
            case "credentials":
                Publish(Make(mount.Name), "influx.token", "a-token-of-the-tests\n", "0400");
                break;
        }

        return Make(mount.Name);
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string Make(string name) => Directory.CreateDirectory(Path.Combine(_directory, name)).FullName;

    // As a kubelet lays the files out, to change all of them at once: NAME -> ..data/NAME, ..data -> a directory.
    private static void Publish(string volume, string name, string text, string mode)
    {
        string generation = Directory.CreateDirectory(Path.Combine(volume, "..2026_11_21")).FullName;
        File.WriteAllText(Path.Combine(generation, name), text);
        Command.Run("chmod", mode, Path.Combine(generation, name));
        if (!Path.Exists(Path.Combine(volume, "..data"))) File.CreateSymbolicLink(Path.Combine(volume, "..data"), Path.GetFileName(generation));
        File.CreateSymbolicLink(Path.Combine(volume, name), "..data/" + name);
    }
}
