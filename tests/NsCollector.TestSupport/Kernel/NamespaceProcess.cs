using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace NsCollector.TestSupport.Kernel;

/// <summary>A process that serves as a container's init process, in its own network namespace unless stated otherwise.</summary>
public sealed class NamespaceProcess : IDisposable
{
    private static int _counter;
    private static int _networks;

    private readonly Process _process;

    private NamespaceProcess(Process process) => _process = process;

    public int Pid => _process.Id;

    /// <summary>The third number of the addresses that <see cref="Connect"/> gave: 10.231.N.1 on the host, 10.231.N.2 inside.</summary>
    public int Network { get; private set; }

    /// <summary>The inode number of its network namespace.</summary>
    public ulong NetInode => NetInodeOf(Pid);

    /// <summary>Raised by <see cref="Dispose"/>, for what a test has opened for the process.</summary>
    public event Action? Disposed;

    /// <summary>In a new network namespace.</summary>
    public static NamespaceProcess Start() => Start("unshare", "-n", "--", "sleep", "infinity");

    /// <summary>In a new network namespace that a new user namespace owns.</summary>
    public static NamespaceProcess StartInUserNamespace() => Start("unshare", "-U", "-r", "-n", "--", "sleep", "infinity");

    /// <summary>In the host's network namespace.</summary>
    public static NamespaceProcess StartOnHost() => Start("sleep", "infinity");

    /// <summary>In the network namespace of another one.</summary>
    public static NamespaceProcess StartIn(NamespaceProcess other) =>
        Start("nsenter", "-t", other.Pid.ToString(CultureInfo.InvariantCulture), "-n", "--", "sleep", "infinity");

    /// <summary>
    /// In the network namespace of another one, with a later start time: the kernel gives the start time of a process in hundredths
    /// of a second.
    /// </summary>
    public static NamespaceProcess StartLaterIn(NamespaceProcess other)
    {
        Thread.Sleep(30);
        return StartIn(other);
    }

    /// <summary>unshare(1), which is in the host's namespaces, with <c>sleep</c> as process 1 of a new pid namespace.</summary>
    /// <param name="child">The pid of process 1 on the host. It is killed with unshare.</param>
    public static NamespaceProcess StartPidNamespace(out int child)
    {
        NamespaceProcess started = StartWithInput("unshare", "-p", "-f", "--kill-child", "--", "sleep", "infinity");
        int found = 0;

        // Only when it has become sleep, it has asked the kernel to be killed with its parent.
        Eventually.True(
            () => int.TryParse(started.ReadProc($"task/{started.Pid}/children"), out found) && File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{found}/comm")) == "sleep\n",
            "process 1 of the pid namespace");
        child = found;
        return started;
    }

    /// <summary>Starts a process and waits until it has become <c>sleep</c>, and so has entered its namespaces.</summary>
    public static NamespaceProcess Start(string program, params string[] arguments)
    {
        NamespaceProcess started = StartWithInput(program, arguments);
        started.WaitForSleep();
        return started;
    }

    /// <summary>Starts a process that reads its standard input until <see cref="Continue"/>.</summary>
    public static NamespaceProcess StartWithInput(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true };
        return new NamespaceProcess(Process.Start(start)!);
    }

    /// <inheritdoc cref="NetInode"/>
    public static ulong NetInodeOf(int pid) => ulong.Parse(new FileInfo($"/proc/{pid}/ns/net").LinkTarget![5..^1], CultureInfo.InvariantCulture);

    /// <summary>A unique interface name of at most 15 bytes.</summary>
    public static string UniqueName(string prefix) => $"{prefix}{Environment.ProcessId % 100000}x{Interlocked.Increment(ref _counter)}";

    public void Continue()
    {
        _process.StandardInput.WriteLine("go");
        _process.StandardInput.Flush();
    }

    public void WaitForSleep() =>
        Eventually.True(() => File.ReadAllText($"/proc/{Pid}/comm") == "sleep\n", $"process {Pid} to become sleep");

    /// <summary>Runs a program in its network namespace, with the host's files.</summary>
    public string Run(string program, params string[] arguments) => RunWithInput(null, program, arguments);

    public string RunWithInput(string? input, string program, params string[] arguments) => Command.RunWithInput(
        input, "nsenter", ["-t", Pid.ToString(CultureInfo.InvariantCulture), "-n", "--", program, .. arguments]);

    /// <summary>A file of its /proc directory.</summary>
    public string ReadProc(string path) => File.ReadAllText($"/proc/{Pid}/{path}");

    /// <summary>Adds a veth pair with both ends inside, so that the namespace differs from all others.</summary>
    public string Mark()
    {
        string name = UniqueName("m");
        Run("ip", "link", "add", name, "type", "veth", "peer", "name", "p" + name);
        return name;
    }

    /// <summary>
    /// Adds a veth pair between host and namespace, without IPv6 and ARP, which would send packets. Never reuses a network: the
    /// host's end of a killed process may still exist and receive its packets.
    /// </summary>
    /// <returns>The name of the host's end.</returns>
    public string Connect()
    {
        int network = Network = (Interlocked.Increment(ref _networks) % 250) + 1;
        string host = UniqueName("h");
        Run("sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6");
        Command.Run("ip", "link", "add", host, "type", "veth", "peer", "name", "eth0", "netns", Pid.ToString(CultureInfo.InvariantCulture));
        File.WriteAllText($"/proc/sys/net/ipv6/conf/{host}/disable_ipv6", "1");
        Command.Run("ip", "addr", "add", $"10.231.{network}.1/24", "dev", host);
        Command.Run("ip", "link", "set", host, "up");
        Run("ip", "addr", "add", $"10.231.{network}.2/24", "dev", "eth0");
        Run("ip", "link", "set", "lo", "up");
        Run("ip", "link", "set", "eth0", "up");
        Eventually.True(() => File.ReadAllText($"/sys/class/net/{host}/operstate") == "up\n", $"{host} to be up");

        // Seconds after traffic the kernel verifies a learned address by ARP, and those packets would be counted too.
        using JsonDocument links = JsonDocument.Parse(Run("ip", "-j", "link", "show", "dev", "eth0"));
        string inside = links.RootElement[0].GetProperty("address").GetString()!;
        Command.Run("ip", "neigh", "replace", $"10.231.{network}.2", "lladdr", inside, "dev", host, "nud", "permanent");
        Run("ip", "neigh", "replace", $"10.231.{network}.1", "lladdr", File.ReadAllText($"/sys/class/net/{host}/address").Trim(), "dev", "eth0", "nud", "permanent");
        return host;
    }

    /// <summary>Sends datagrams of 1,000 bytes to the host's end of <see cref="Connect"/>, where nobody listens.</summary>
    public void Send(int datagrams) =>
        Run("bash", "-c", $"for i in $(seq {datagrams}); do printf %01000d 0 > /dev/udp/10.231.{Network}.1/9; done");

    /// <summary>The bytes that an interface has received and sent.</summary>
    public (long Rx, long Tx) Counted(string name)
    {
        ProcessNetwork counters = ProcessNetwork.Read(Pid, name);
        return (counters.RxBytes, counters.TxBytes);
    }

    /// <summary>
    /// The counters once they have not changed for 50 ms: the answers that nobody listens arrive later, and the kernel limits them to
    /// a few per second.
    /// </summary>
    public (long Rx, long Tx) Settled(string name)
    {
        (long Rx, long Tx) counted = Counted(name);
        var unchanged = Stopwatch.StartNew();
        Eventually.True(
            () =>
            {
                (long Rx, long Tx) now = Counted(name);
                if (now != counted) unchanged.Restart();
                counted = now;
                return unchanged.ElapsedMilliseconds >= 50;
            },
            $"the counters of {name} to settle");
        return counted;
    }

    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Kills it without waiting for its exit.</summary>
    public void KillSoon() => _process.Kill();

    public void Dispose()
    {
        if (!_process.HasExited) Kill();
        Disposed?.Invoke();
        _process.Dispose();
    }
}
