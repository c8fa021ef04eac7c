using System.Globalization;
using NsCollector.Discover;
using NsCollector.Linux.Interop;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample;
using NsCollector.Sample.Net;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Net;

/// <summary>Property: a visit changes nothing in the agent or the container, and an exit during a visit is not an error.</summary>
[Collection(NamespaceTests.Name)]
public sealed class VisitSafetyTests
{
    private static readonly SampleOptions Visit = new() { Network = NetworkMode.Visit, Loopback = true, Conntrack = true };

    [Fact]
    public void Visit_leaves_no_namespace_descriptor_open()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        using var visitor = new TestVisitor(Visit);
        for (int i = 0; i < 10; i++)
        {
            visitor.Read(process.Directory);
            Assert.Empty(DescriptorsThatPin());
        }

        // Proves that the check finds open descriptors.
        using (File.OpenRead($"/proc/{process.Pid}/ns/net")) Assert.Single(DescriptorsThatPin());
        using (File.OpenRead($"/proc/{process.Pid}/net/dev")) Assert.Single(DescriptorsThatPin());
    }

    [Fact]
    public void Visit_pins_no_namespace_after_its_processes_exit()
    {
        using NamespaceProcess visited = NamespaceProcess.Start();
        using NamespaceProcess control = NamespaceProcess.Start();
        string end = visited.Connect();
        string extra = NamespaceProcess.UniqueName("e");
        string inside = NamespaceProcess.UniqueName("i");
        Command.Run("ip", "link", "add", extra, "type", "veth", "peer", "name", inside);
        Command.Run("ip", "link", "set", inside, "netns", visited.Pid.ToString(CultureInfo.InvariantCulture));
        string controlEnd = control.Connect();
        using var visitor = new TestVisitor(Visit);
        Assert.Contains(inside, NetworkFiles.Interfaces(visitor.Read(visited.Directory).Interfaces).Keys);
        for (int i = 0; i < 100; i++) visitor.Read(visited.Directory);
        Assert.True(Exists(end) && Exists(extra) && Exists(controlEnd));

        visited.Kill();
        control.Kill();

        // The namespace that was never visited shows how long the kernel takes on a busy machine.
        Eventually.True(() => !Exists(controlEnd), "the control's veth to vanish");
        Eventually.True(() => !Exists(end) && !Exists(extra), "the visited namespace's veths to vanish", patience: TimeSpan.FromSeconds(1));
        Assert.Equal(NetworkVisitResult.ProcessGone, visitor.Visit(visited.Directory).Result);
    }

    [Fact]
    public void Visit_10000_times_every_thread_in_own_namespace_none_added()
    {
        const int Namespaces = 20;
        var processes = new List<NamespaceProcess>();
        ThreadPool.GetMinThreads(out int minWorkers, out int minPorts);
        ThreadPool.GetMaxThreads(out int maxWorkers, out int maxPorts);
        using var visitor = new TestVisitor(Visit);
        using var stop = new CancellationTokenSource();
        try
        {
            for (int i = 0; i < Namespaces; i++) processes.Add(NamespaceProcess.Start());
            NetworkTarget[] targets = processes.Select(process => TestVisitor.TargetOf(process.Directory)).ToArray();

            // A pool of fixed size under load the whole time, so that its threads do not change because of the visits.
            ThreadPool.SetMinThreads(8, minPorts);
            ThreadPool.SetMaxThreads(8, maxPorts);
            Task[] load = Enumerable.Range(0, 16).Select(_ => Task.Run(() => BeBusy(stop.Token))).ToArray();

            using var warm = new ManualResetEventSlim();
            using var go = new ManualResetEventSlim();
            int read = 0;
            var sampler = new Thread(() =>
            {
                for (int i = 0; i < 50; i++) visitor.Visitor.Visit(targets, Namespaces);
                warm.Set();
                go.Wait();
                for (int i = 0; i < 500; i++)
                {
                    visitor.Visitor.Visit(targets, Namespaces);
                    read += targets.Count(target => target.Result == NetworkVisitResult.Read);
                }

                warm.Set();
                Thread.Sleep(2000);
            });
            sampler.Start();
            warm.Wait();
            warm.Reset();
            Thread.Sleep(500);
            int threadsBefore = Threads().Count;
            go.Set();
            warm.Wait();

            string ownNamespace = NamespaceOf("/proc/self/ns/net");
            Dictionary<string, string> threads = Threads();
            Assert.Equal(10_000, read);
            Assert.All(threads.Values, found => Assert.Equal(ownNamespace, found));
            Assert.True(threads.Count <= threadsBefore, $"{threadsBefore} threads before, {threads.Count} after");

            stop.Cancel();
            sampler.Join();
            Eventually.True(() => load.All(task => task.IsCompleted), "the load to end");
        }
        finally
        {
            stop.Cancel();
            ThreadPool.SetMaxThreads(maxWorkers, maxPorts);
            ThreadPool.SetMinThreads(minWorkers, minPorts);
            foreach (NamespaceProcess process in processes) process.Dispose();
        }
    }

    [Fact]
    public void Thread_check_sees_a_thread_in_a_foreign_namespace()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        int ownNamespace = Libc.Openat(Libc.AT_FDCWD, "/proc/self/ns/net\0"u8);
        int foreign = Libc.Openat(Libc.AT_FDCWD, System.Text.Encoding.UTF8.GetBytes($"/proc/{process.Pid}/ns/net\0"));
        using var there = new ManualResetEventSlim();
        using var back = new ManualResetEventSlim();
        var traveller = new Thread(() =>
        {
            Libc.Setns(foreign, Libc.CLONE_NEWNET);
            there.Set();
            back.Wait();
            if (Libc.Setns(ownNamespace, Libc.CLONE_NEWNET) != 0) Environment.FailFast("Cannot return to the own namespace.");
        });
        traveller.Start();
        there.Wait();
        string[] found = [.. Threads().Values];
        back.Set();
        traveller.Join();
        Libc.Close(ownNamespace);
        Libc.Close(foreign);
        Assert.Contains(NamespaceOf($"/proc/{process.Pid}/ns/net"), found);
    }

    [Theory]
    [InlineData(NetworkMode.Visit)]
    [InlineData(NetworkMode.Proc)]
    public void Visit_processes_killed_meanwhile_gives_no_wrong_value(NetworkMode mode)
    {
        const int Doomed = 24;
        using var visitor = new TestVisitor(Visit with { Network = mode });
        var processes = new List<(NamespaceProcess Process, string Mark)>();
        try
        {
            for (int i = 0; i < Doomed + 2; i++)
            {
                NamespaceProcess process = NamespaceProcess.Start();
                processes.Add((process, process.Mark()));
            }

            NetworkTarget[] targets = processes.Select(p => TestVisitor.TargetOf(p.Process.Directory)).ToArray();
            using var started = new ManualResetEventSlim();
            var killer = new Thread(() =>
            {
                started.Wait();
                foreach ((NamespaceProcess process, _) in processes.Skip(1).Take(Doomed).OrderBy(_ => Random.Shared.Next()))
                {
                    Thread.Sleep(Random.Shared.Next(10));
                    process.KillSoon();
                }
            });
            killer.Start();
            var exited = new bool[targets.Length];
            int rounds = 0;
            for (long deadline = Environment.TickCount64 + 30_000; exited.Count(g => g) < Doomed && Environment.TickCount64 < deadline; rounds++)
            {
                visitor.Visitor.Visit(targets, targets.Length);
                started.Set();
                for (int i = 0; i < targets.Length; i++)
                {
                    if (targets[i].Result == NetworkVisitResult.ProcessGone)
                    {
                        exited[i] = true;
                        Assert.Equal(0, targets[i].Sample!.Interfaces.Count);
                        Assert.True(targets[i].Sample!.Protocols.IsEmpty);
                        continue;
                    }

                    Assert.Equal(NetworkVisitResult.Read, targets[i].Result);
                    Assert.False(exited[i], "An exited process was read again.");
                    string mark = processes[i].Mark;
                    Assert.Equal(
                        new[] { "lo", mark, "p" + mark }.Order(),
                        NetworkFiles.Interfaces(targets[i].Sample!.Interfaces).Keys.Order());
                }
            }

            killer.Join();
            Assert.True(rounds > 3, $"Only {rounds} rounds of visits ran during the kills.");
            Assert.Equal([0, Doomed + 1], Enumerable.Range(0, exited.Length).Where(i => !exited[i]));
            Assert.Equal(0, visitor.Counters[AgentCounter.SetnsErrors]);
            Assert.Equal(0, visitor.Counters[AgentCounter.ReadErrors]);
        }
        finally
        {
            foreach ((NamespaceProcess process, _) in processes) process.Dispose();
        }
    }

    [Theory]
    [InlineData(NetworkMode.Visit)]
    [InlineData(NetworkMode.Proc)]
    public void Visit_reused_pid_is_refused(NetworkMode mode)
    {
        using NamespaceProcess exited = NamespaceProcess.Start();
        ProcessDirectory held = exited.Directory;
        int pid = exited.Pid;
        exited.Kill();
        using var visitor = new TestVisitor(Visit with { Network = mode });

        NamespaceProcess? second = null;
        try
        {
            for (int attempt = 0; attempt < 200 && second?.Pid != pid; attempt++)
            {
                second?.Dispose();
                File.WriteAllText("/proc/sys/kernel/ns_last_pid", (pid - 1).ToString(CultureInfo.InvariantCulture));
                second = NamespaceProcess.StartWithInput("unshare", "-n", "--", "sleep", "infinity");
            }

            Assert.Equal(pid, second!.Pid);
            second.WaitForSleep();
            Assert.Equal(NetworkVisitResult.Read, visitor.Visit(second.Directory).Result);
            Assert.Equal(NetworkVisitResult.ProcessGone, visitor.Visit(held).Result);
        }
        finally
        {
            second?.Dispose();
        }
    }

    [Theory]
    [InlineData(NetworkMode.Visit)]
    [InlineData(NetworkMode.Proc)]
    public void Visit_zombie_is_gone(NetworkMode mode)
    {
        // The shell becomes sleep, which never waits for its child.
        using NamespaceProcess parent = NamespaceProcess.Start("sh", "-c", "unshare -n true & exec sleep infinity");
        string path = $"/proc/{parent.Pid}/task/{parent.Pid}/children";
        int child = int.Parse(File.ReadAllText(path).Trim(), CultureInfo.InvariantCulture);
        Eventually.True(() => File.ReadAllText($"/proc/{child}/stat").Contains(") Z ", StringComparison.Ordinal), "the zombie");
        ProcessDirectory zombie = NamespaceProcess.OpenDirectory(child);
        using var visitor = new TestVisitor(Visit with { Network = mode });
        Assert.Equal(NetworkVisitResult.ProcessGone, visitor.Visit(zombie).Result);
        Assert.Equal(0UL, visitor.Visitor.IdentityOf(zombie));
        zombie.Close();
        Assert.Equal(NetworkVisitResult.ProcessGone, visitor.Visit(zombie).Result);
        Assert.Equal(0, visitor.Counters[AgentCounter.ReadErrors] + visitor.Counters[AgentCounter.SetnsErrors]);
    }

    [Theory]
    [InlineData(NetworkMode.Visit)]
    [InlineData(NetworkMode.Proc)]
    public void Visit_host_namespace_is_recognised_and_not_read(NetworkMode mode)
    {
        using NamespaceProcess process = NamespaceProcess.StartOnHost();
        using var visitor = new TestVisitor(Visit with { Network = mode });
        NetworkTarget target = visitor.Visit(process.Directory);
        Assert.Equal(NetworkVisitResult.HostNamespace, target.Result);
        Assert.True(visitor.Visitor.IsHost(target.NamespaceInode));
        Assert.Equal(0, target.Sample!.Interfaces.Count);
    }

    [Fact]
    public void Visit_failed_leaves_no_readings_of_previous_cycle()
    {
        using NamespaceProcess process = NamespaceProcess.Start();
        process.Mark();
        using var visitor = new TestVisitor(Visit);
        NetworkTarget target = TestVisitor.TargetOf(process.Directory);
        visitor.Visitor.Visit([target], 1);
        Assert.Equal(3, target.Sample!.Interfaces.Count);
        process.Kill();
        visitor.Visitor.Visit([target], 1);
        Assert.Equal(0, target.Sample!.Interfaces.Count);
        Assert.True(target.Sample.Protocols.IsEmpty);
    }

    [Fact]
    public void Shim_tests_in_C_pass()
    {
        string directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "NsCollector.sln"))) directory = Path.GetDirectoryName(directory)!;
        string output = Command.Run("sh", Path.Combine(directory, "native", "tests", "run.sh"));
        Assert.Contains("passed", output, StringComparison.Ordinal);
    }

    private static bool Exists(string networkInterface) => Directory.Exists($"/sys/class/net/{networkInterface}");

    private static void BeBusy(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            Task.Run(() => Thread.SpinWait(1000), CancellationToken.None);
            using var timer = new Timer(_ => { }, null, 0, 1);
            _ = Task.Delay(1, CancellationToken.None);
            _ = File.ReadAllTextAsync("/proc/self/stat", CancellationToken.None);
            Thread.Sleep(1);
        }
    }

    /// <summary>Descriptors that keep a network namespace alive: ns/net, a file of net/, but not an O_PATH directory.</summary>
    private static string[] DescriptorsThatPin() =>
        [.. Directory.GetFileSystemEntries("/proc/self/fd")
            .Select(LinkOf)
            .Where(link => link.StartsWith("net:[", StringComparison.Ordinal)
                || (link.StartsWith("/proc/", StringComparison.Ordinal) && link.Contains("/net/", StringComparison.Ordinal)))];

    /// <summary>The namespace of each thread of this process. Without .NET's tiering thread, which starts and exits at any time.</summary>
    private static Dictionary<string, string> Threads()
    {
        var threads = new Dictionary<string, string>();
        foreach (string task in Directory.GetDirectories("/proc/self/task"))
        {
            try
            {
                if (File.ReadAllText(task + "/comm").StartsWith(".NET Tiered", StringComparison.Ordinal)) continue;
                threads[task] = NamespaceOf(task + "/ns/net");
            }
            catch (IOException)
            {
                // It exited while it was read.
            }
        }

        return threads;
    }

    private static string NamespaceOf(string path) => LinkOf(path) is { Length: > 0 } link ? link : throw new IOException(path);

    private static string LinkOf(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget ?? "";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
