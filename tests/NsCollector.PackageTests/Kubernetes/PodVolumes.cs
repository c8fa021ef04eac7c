
namespace NsCollector.PackageTests.Kubernetes;

/// <summary>
/// The mounts that a kubelet would make for the volumes of the DaemonSet: the host's trees, and temporary directories for the
/// ConfigMap, the Secret and the spool. Disposing removes those.
/// </summary>
internal sealed class PodVolumes(DaemonSet manifest) : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-pod-").FullName;

    /// <summary>The token that opens the page.</summary>
    public const string ScrapeToken = "another-token-of-the-tests";

    /// <summary>The host's directory of the spool, the only one that the agent may write to.</summary>
    public string Spool => Make("spool");

    /// <summary>The waiting files of the spool.</summary>
    public string[] Spooled => Directory.GetFiles(Spool, "*.lp.gz", SearchOption.AllDirectories);

    /// <summary>The host's directory of a mount.</summary>
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
                Publish(Make(mount.Name), "scrape.token", ScrapeToken + "\n", "0400");
                break;
        }

        return Make(mount.Name);
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string Make(string name) => Directory.CreateDirectory(Path.Combine(_directory, name)).FullName;

    // A kubelet lays out files so that it can replace all at once: NAME -> ..data/NAME, ..data -> a directory.
    private static void Publish(string volume, string name, string text, string mode)
    {
        string generation = Directory.CreateDirectory(Path.Combine(volume, "..2026_11_21")).FullName;
        File.WriteAllText(Path.Combine(generation, name), text);
        Command.Run("chmod", mode, Path.Combine(generation, name));
        if (!Path.Exists(Path.Combine(volume, "..data"))) File.CreateSymbolicLink(Path.Combine(volume, "..data"), Path.GetFileName(generation));
        File.CreateSymbolicLink(Path.Combine(volume, name), "..data/" + name);
    }
}
