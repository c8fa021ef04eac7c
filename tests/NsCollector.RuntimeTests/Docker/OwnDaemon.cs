namespace NsCollector.RuntimeTests.Docker;

/// <summary>
/// A dockerd with a directory, a mount namespace and a container of its own, for tests of where a daemon keeps its state. The
/// machine's accounts are not touched: only this daemon sees the ids that belong to its user for --userns-remap.
/// </summary>
internal sealed class OwnDaemon : IDisposable
{
    /// <summary>Its container's name.</summary>
    internal const string Name = "own.web-1";

    /// <summary>Its container's image.</summary>
    internal const string Image = "own:1";

    private readonly ServerProcess _daemon;

    /// <param name="configuration">Its daemon.json; <c>DIRECTORY</c> means its directory.</param>
    /// <param name="arguments">Further arguments; likewise.</param>
    internal OwnDaemon(string configuration, params string[] arguments)
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("nscollector-dockerd-").FullName;
        File.SetUnixFileMode(Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        File.WriteAllText(this["ids"], "daemon:200000:65536\n");
        File.WriteAllText(this["daemon.json"], configuration.Replace("DIRECTORY", Directory, StringComparison.Ordinal));
        _daemon = new ServerProcess(
            this["log"], "unshare",
            [
                "--mount", "sh", "-c", "for f in /etc/subuid /etc/subgid; do [ -e $f ] && mount --bind $0 $f; done; exec dockerd \"$@\"", this["ids"],
                "--config-file", this["daemon.json"], "--exec-root", this["exec"], "--host", Host, "--pidfile", this["pid"],
                "--storage-driver", "vfs", "--bridge=none", "--iptables=false", "--ip6tables=false",
                .. arguments.Select(argument => argument.Replace("DIRECTORY", Directory, StringComparison.Ordinal)),
            ]);
        try
        {
            _daemon.Start(() => File.Exists(this["sock"]) && Command.Try("docker", "--host", Host, "info").Status == 0);
            Command.Run("sh", "-c", "set -e; mkdir -p $0/image/bin; cp $(command -v busybox) $0/image/bin/busybox; tar -C $0/image -c . | docker --host $1 import - $2", Directory, Host, Image);
            Id = Command.Run("docker", "--host", Host, "run", "--detach", "--name", Name, "--network", "none", Image, "/bin/busybox", "sleep", "1000");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Its container's id.</summary>
    internal string Id { get; } = "";

    /// <summary>Its directory.</summary>
    internal string Directory { get; }

    private string Host => "unix://" + this["sock"];

    /// <summary>The path of a file in its directory.</summary>
    internal string this[string name] => Path.Combine(Directory, name);

    /// <inheritdoc/>
    public void Dispose()
    {
        Command.Try("docker", "--host", Host, "rm", "--force", Name);
        _daemon.Stop();
        _daemon.Dispose();
        Command.Try("rm", "-rf", Directory);
    }
}
