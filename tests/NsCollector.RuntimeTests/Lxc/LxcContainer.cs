using System.Globalization;

namespace NsCollector.RuntimeTests.Lxc;

/// <summary>
/// A real LXC container in its own directory, with a static busybox as its root file system and a veth pair whose peer is on the
/// host. Disposing stops and removes it.
/// </summary>
internal sealed class LxcContainer : IDisposable
{
    /// <summary>Its address.</summary>
    public const string Address = "10.213.78.2";

    private const string HostInterface = "nsctestlxc0";

    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-lxc-").FullName;
    private readonly string _name;

    /// <summary>Starts it.</summary>
    /// <param name="name">The name that the agent must report.</param>
    /// <param name="memoryLimitBytes">Its memory limit.</param>
    /// <param name="configuration">Further lines of its configuration.</param>
    public LxcContainer(string name, long memoryLimitBytes, params string[] configuration)
    {
        _name = name;
        string root = Root;
        foreach (string directory in new[] { "bin", "dev", "etc", "proc", "sys", "tmp" })
            Directory.CreateDirectory(Path.Combine(root, directory));
        File.Copy(Command.Find("busybox")!, Path.Combine(root, "bin/busybox"));
        Directory.CreateDirectory(Path.Combine(_directory, "lib"));
        // The file has both spellings: LXC reads only that of the host's cgroup version.
        bool unified = File.Exists("/sys/fs/cgroup/cgroup.controllers");
        File.WriteAllText(Path.Combine(_directory, "config"), $"""
            lxc.uts.name = {name}
            lxc.rootfs.path = dir:{root}
            lxc.autodev = 0
            lxc.apparmor.profile = unconfined
            lxc.net.0.type = veth
            lxc.net.0.name = eth0
            lxc.net.0.veth.pair = {HostInterface}
            lxc.net.0.flags = up
            lxc.net.0.ipv4.address = {Address}/24
            {(unified ? "lxc.cgroup2.memory.max" : "lxc.cgroup.memory.limit_in_bytes")} = {memoryLimitBytes}
            {string.Join('\n', configuration)}

            """);
        try
        {
            Lxc("lxc-start", "--daemon", "--rcfile", Path.Combine(_directory, "config"), "--logfile", Path.Combine(_directory, "log"), "--", "/bin/busybox", "sleep", "1000");
            Command.Run("ip", "address", "add", "10.213.78.1/24", "dev", HostInterface);
            Command.Run("ip", "link", "set", HostInterface, "up");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The directory of its root.</summary>
    public string Root => Path.Combine(_directory, "rootfs");

    /// <summary>The pid of its init process.</summary>
    public int Pid => int.Parse(Lxc("lxc-info", "--no-humanize", "--pid"), CultureInfo.InvariantCulture);

    /// <summary>The kernel's values of its cgroup.</summary>
    public ProcessCgroup Cgroup => new(Pid);

    /// <inheritdoc/>
    public void Dispose()
    {
        Command.Try("lxc-stop", "--kill", "--lxcpath", Path.Combine(_directory, "lib"), "--name", _name);
        Command.Try("ip", "link", "delete", HostInterface);
        // LXC leaves this cgroup behind after the last container.
        Command.Try("sh", "-c", "rmdir /sys/fs/cgroup/*/lxc.pivot /sys/fs/cgroup/lxc.pivot");
        Directory.Delete(_directory, recursive: true);
    }

    private string Lxc(string program, params string[] arguments)
    {
        string log = Path.Combine(_directory, "log");
        (int status, string output, string errors) = Command.Try(program, ["--lxcpath", Path.Combine(_directory, "lib"), "--name", _name, .. arguments]);
        return status == 0
            ? output.Trim()
            : throw new InvalidOperationException($"{program} exited with status {status}: {errors}{(File.Exists(log) ? File.ReadAllText(log) : "")}");
    }
}
