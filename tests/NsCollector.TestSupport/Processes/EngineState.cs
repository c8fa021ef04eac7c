namespace NsCollector.TestSupport.Processes;

/// <summary>
/// The state directory and network bridge of a container engine that only the tests use. A lock lets one test process at a
/// time use them. What a killed run left behind is found by the path of the directory.
/// </summary>
public sealed class EngineState : IDisposable
{
    /// <summary>The directory if TEST_STATE_DIRECTORY is not set.</summary>
    public const string DefaultDirectory = "/var/tmp/nscollector-runtime-tests";

    private readonly string _bridge;
    private readonly FileStream _lock;

    /// <summary>Makes and locks the directory.</summary>
    /// <param name="directory">An absolute path.</param>
    /// <param name="bridge">The name of the bridge's network interface.</param>
    /// <exception cref="IOException">Another test process uses the directory.</exception>
    public EngineState(string directory, string bridge)
    {
        (Directory, _bridge) = (directory, bridge);
        System.IO.Directory.CreateDirectory(directory);
        _lock = new FileStream(this["lock"], FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
    }

    /// <summary>TEST_STATE_DIRECTORY, or else <see cref="DefaultDirectory"/>.</summary>
    public static string ConfiguredDirectory =>
        Environment.GetEnvironmentVariable("TEST_STATE_DIRECTORY") is { Length: > 0 } configured ? configured : DefaultDirectory;

    /// <summary>The path of the directory.</summary>
    public string Directory { get; }

    /// <summary>The path of a file or directory in it.</summary>
    public string this[string name] => Path.Combine(Directory, name);

    /// <summary>Makes the bridge, with an address of a /24 network. The host's forwarding and firewall stay as they are.</summary>
    public void MakeBridge(string address)
    {
        Command.Run("ip", "link", "add", _bridge, "type", "bridge");
        Command.Run("ip", "address", "add", address + "/24", "dev", _bridge);
        Command.Run("ip", "link", "set", _bridge, "up");
    }

    /// <summary>Removes the bridge if it exists.</summary>
    public void RemoveBridge() => Command.Try("ip", "link", "delete", _bridge);

    /// <summary>Kills the processes of these programs whose command line has a path in the directory.</summary>
    public void KillProcesses(params string[] programs)
    {
        foreach (string process in System.IO.Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(process), out int pid) && pid != Environment.ProcessId && IsOwn(process, programs))
                Command.Try("kill", "-KILL", $"{pid}");
    }

    /// <summary>Unmounts everything in the directory.</summary>
    public void Unmount()
    {
        // The last mounts first, because they may lie in earlier ones.
        string[] mounts = [.. File.ReadLines("/proc/self/mounts").Select(line => line.Split(' ')[1]).Where(IsInside).Reverse()];
        foreach (string mount in mounts)
            Command.Try("umount", mount);
    }

    /// <summary>Removes the directory and the lock.</summary>
    public void Dispose()
    {
        _lock.Dispose();
        Command.Try("rm", "-rf", Directory);
    }

    private bool IsInside(string path) => path.StartsWith(Directory + "/", StringComparison.Ordinal);

    private bool IsOwn(string process, string[] programs)
    {
        try
        {
            string[] words = File.ReadAllText(Path.Combine(process, "cmdline")).Split('\0');
            return programs.Contains(Path.GetFileName(words[0])) && words.Any(IsInside);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
