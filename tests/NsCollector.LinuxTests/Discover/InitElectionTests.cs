using System.Diagnostics;
using System.Globalization;
using NsCollector.Discover;
using NsCollector.Discover.Life;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Discover;

/// <summary>Which of several processes is a container's init process, whatever their numbers and order in cgroup.procs.</summary>
[Collection(NamespaceTests.Name)]
public sealed class InitElectionTests : IDisposable
{
    // Runs in a pid namespace of its own, so that its pids can wrap: $1 is the container's cgroup, $2 the first pid, $3 the pid
    // from which the workers are counted, $4 how the container's init process is started, then the command of the agent. A
    // worker has a lower number than the init process that starts it. Prints the pid of the init process, then the agent's output.
    private const string Wrapped = """
        cgroup=$1 high=$2 low=$3 start=$4; shift 4
        directory=$(mktemp -d); mkfifo $directory/go
        join() { for hierarchy in $HIERARCHIES; do echo $1 > $hierarchy$cgroup/cgroup.procs; done; }
        echo $high > /proc/sys/kernel/ns_last_pid
        export directory
        $start sh -c 'read go < $directory/go; i=0; while [ $i -lt 12 ]; do sleep 1000 & i=$((i+1)); done; echo ready > $directory/ready; wait' &
        init=$!
        if [ "$start" ]; then until child=$(cat /proc/$init/task/$init/children) && [ "$child" ]; do sleep 0.01; done; init=${child% }; fi
        join $init
        sleep 0.1
        echo $low > /proc/sys/kernel/ns_last_pid
        echo go > $directory/go
        until [ -s $directory/ready ]; do sleep 0.01; done
        echo $init
        echo $low > /proc/sys/kernel/ns_last_pid
        "$@"
        for hierarchy in $HIERARCHIES; do for pid in $(cat $hierarchy$cgroup/cgroup.procs); do kill -9 $pid; done; done 2> /dev/null
        rm -r $directory
        """;

    private readonly TestCgroups _cgroups = new();
    private readonly List<Process> _started = [];

    public void Dispose()
    {
        StopAll();
        _cgroups.Dispose();
    }

    [Theory]
    [InlineData("unshare -p -f --kill-child", 30_000, 6_000)]
    [InlineData("unshare -p -f --kill-child", 9_000, 700)]
    [InlineData("", 30_000, 6_000)]
    [InlineData("", 9_000, 700)]
    public void Sample_reports_init_process_whose_workers_have_lower_pids(string start, int high, int low)
    {
        string path = _cgroups.Make("wrapped");
        string[] agent = AgentProgram.Words(
            "sample", "--format", "influx", "--count", "1", "--interval", "1s", "--set", $"discovery:cgroup_paths={path}", "--set", "filter:include=cgroup/*");
        string output = Command.Run(
            "unshare", ["-p", "-f", "--mount-proc", "--kill-child", "env", $"HIERARCHIES={string.Join(' ', _cgroups.Hierarchies)}", "sh", "-c", Wrapped, "sh",
                path, $"{high}", $"{low}", start, .. agent]);
        int end = output.IndexOf('\n', StringComparison.Ordinal);
        int init = int.Parse(output[..end], CultureInfo.InvariantCulture);
        Assert.InRange(init, high, high + 1_000);
        Point info = StrictParser.ParseAll(output[(end + 1)..] + "\n").Single(point => point.Measurement == "container_info");
        Assert.Equal(init, Assert.IsType<long>(info.Fields["pid"]));
    }

    [Theory]
    [InlineData(9)]
    [InlineData(40)]
    public void Init_process_is_found_behind_many_lower_pids(int others)
    {
        string path = _cgroups.Make("many");
        for (int i = 0; i < others; i++) _cgroups.Put(path, Start("sleep", "infinity").Id);
        int init = StartInPidNamespace("sleep", "infinity");
        _cgroups.Put(path, init);
        Assert.Equal(init, Found(path).Pid);
    }

    [Theory]
    [InlineData("init.scope")]
    [InlineData("payload/init.scope")]
    [InlineData("system.slice/getty.service")]
    public void Init_process_is_below_a_shell_in_the_own_cgroup(string below)
    {
        string path = _cgroups.Make("shell");
        _cgroups.Make("shell/" + below);
        int init = StartInPidNamespace("sleep", "infinity");
        Process shell = Start("nsenter", "-t", $"{init}", "-p", "--", "sleep", "infinity");
        Eventually.True(() => Children(shell.Id).Length > 0, "the shell");
        _cgroups.Put(path, Children(shell.Id)[0]);
        _cgroups.Put($"{path}/{below}", init);
        Assert.Equal(init, Found(path).Pid);
    }

    [Fact]
    public void Init_process_in_a_cgroup_that_is_only_named_like_a_container_is_found()
    {
        string container = "docker/" + new string('d', 64), below = $"{container}/docker-{new string('e', 64)}.scope";
        string path = _cgroups.Make(container);
        int init = StartInPidNamespace("sleep", "infinity");
        _cgroups.Put(_cgroups.Make(below), init);
        Assert.Equal(init, Found(path).Pid);
    }

    [Theory]
    [InlineData("init.scope")]
    [InlineData("payload/init.scope")]
    public void Init_process_in_child_cgroup_is_found_before_a_walk(string below)
    {
        string path = _cgroups.Make("unwalked");
        using var discovery = new RunningDiscovery(_cgroups);
        _cgroups.Make("unwalked/" + below);
        int init = StartInPidNamespace("sleep", "infinity");
        _cgroups.Put($"{path}/{below}", init);
        _cgroups.Put(path, Start("sleep", "infinity").Id);
        Eventually.True(() => discovery.Containers.SingleOrDefault(container => container.CgroupPath == path)?.Init?.Pid == init, "the init process");
    }

    [Theory]
    [InlineData("own", "init.scope")]
    [InlineData("init.scope", "own")]
    public void Init_process_is_that_of_the_outermost_pid_namespace(string outer, string inner)
    {
        _cgroups.Make("nested");
        string outerPath = _cgroups.Make("nested/" + outer), innerPath = _cgroups.Make("nested/" + inner);
        int init = StartInPidNamespace("unshare", "-p", "-f", "--kill-child", "sleep", "infinity");
        Eventually.True(() => Children(init).Length > 0, "the inner process");
        _cgroups.Put(innerPath, Children(init)[0]);
        _cgroups.Put(outerPath, init);
        Assert.Equal(init, Found(_cgroups.Parent + "/nested").Pid);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void Init_process_without_pid_namespace_is_the_oldest(int younger)
    {
        string path = _cgroups.Make("host");
        Process oldest = Start("sleep", "infinity");
        Thread.Sleep(50);
        var others = Enumerable.Range(0, younger).Select(_ => Start("sleep", "infinity")).ToArray();
        _cgroups.Make("host/below");
        foreach (Process other in others) _cgroups.Put(path, other.Id);
        _cgroups.Put(path + "/below", oldest.Id);
        Assert.Equal(oldest.Id, Found(path).Pid);
    }

    [Fact]
    public void Init_process_started_in_the_tick_of_its_children_is_the_parent()
    {
        string path = _cgroups.Make("tick");
        Process parent = Start("sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep infinity & done; exec sleep infinity");
        Eventually.True(() => Children(parent.Id).Length == 12, "the children");
        foreach (int child in Children(parent.Id)) _cgroups.Put(path, child);
        _cgroups.Put(path, parent.Id);
        Assert.Equal(parent.Id, Found(path).Pid);
    }

    [Fact]
    public void Init_process_of_service_is_not_that_of_a_sandbox_inside()
    {
        using TestCgroups services = Services();
        string path = services.Make("browser.service");
        Process main = Start("sleep", "infinity");
        int sandbox = StartInPidNamespace("sleep", "infinity");
        services.Put(path, sandbox);
        services.Put(path, main.Id);
        using var discovery = new RunningDiscovery(services, options => options with { CgroupPaths = [], SystemdServices = true }, start: false);
        Assert.Equal(main.Id, Assert.Single(discovery.Containers).Init!.Pid);
        StopAll();
    }

    [Fact]
    public void Init_process_of_service_with_own_pid_namespace_is_its_process_1()
    {
        using TestCgroups services = Services();
        string path = services.Make("private.service");
        int init = StartInPidNamespace("sleep", "infinity");
        Process joined = Start("nsenter", "-t", $"{init}", "-p", "--", "sleep", "infinity");
        Eventually.True(() => Children(joined.Id).Length > 0, "the second process");
        services.Put(path, Children(joined.Id)[0]);
        services.Put(path, init);
        using var discovery = new RunningDiscovery(services, options => options with { CgroupPaths = [], SystemdServices = true }, start: false);
        Assert.Equal(init, Assert.Single(discovery.Containers).Init!.Pid);
        StopAll();
    }

    [Theory]
    [InlineData(7)]
    [InlineData(42)]
    public void Exit_has_the_code_of_init_not_of_a_lower_pid(int code)
    {
        string path = _cgroups.Make("coded");
        using var discovery = new RunningDiscovery(_cgroups);
        Process[] workers = [.. Enumerable.Range(0, 12).Select(_ => Start("sleep", "infinity"))];
        int init = StartInPidNamespace("sh", "-c", $"trap 'exit {code}' TERM; while :; do sleep 0.05; done");
        foreach (Process worker in workers) _cgroups.Put(path, worker.Id);
        _cgroups.Put(path, init);
        Eventually.True(() => discovery.Containers.SingleOrDefault(container => container.CgroupPath == path)?.Init?.Pid == init, "the init process");
        workers[3].Kill();
        workers[3].WaitForExit();
        Command.Run("kill", "-TERM", $"{init}");
        foreach (Process worker in workers) worker.Kill();
        ContainerExit exit = discovery.WaitForExit(path);
        Assert.Equal((code, null), (exit.ExitCode, exit.ExitSignal));
    }

    [Fact]
    public void Search_over_max_init_candidates_is_counted()
    {
        string path = _cgroups.Make("bounded");
        for (int i = 0; i < 12; i++) _cgroups.Put(path, Start("sleep", "infinity").Id);
        using var few = new RunningDiscovery(_cgroups, options => options with { MaxInitCandidates = 8 }, start: false);
        Assert.True(few.Counters[AgentCounter.InitSearchesOverLimit] > 0);
        Assert.NotNull(Assert.Single(few.Containers).Init);
        using var enough = new RunningDiscovery(_cgroups, start: false);
        Assert.Equal(0, enough.Counters[AgentCounter.InitSearchesOverLimit]);
    }

    /// <summary>A service's cgroup is only below slices.</summary>
    private static TestCgroups Services() => new() { Parent = $"/nsc-test-{Environment.ProcessId}-services.slice" };

    private void StopAll()
    {
        foreach (Process process in _started)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            process.Dispose();
        }

        _started.Clear();
    }

    private ProcessDirectory Found(string path)
    {
        using var discovery = new RunningDiscovery(_cgroups, options => options with { CgroupPaths = [path] }, start: false);
        return Assert.Single(discovery.Containers).Init!;
    }

    private Process Start(string program, params string[] arguments)
    {
        var process = Process.Start(program, arguments);
        _started.Add(process);
        return process;
    }

    /// <summary>Starts a program as process 1 of a new pid namespace.</summary>
    /// <returns>Its pid on the host.</returns>
    private int StartInPidNamespace(string program, params string[] arguments)
    {
        Process parent = Start("unshare", ["-p", "-f", "--kill-child", "--", program, .. arguments]);
        Eventually.True(() => Children(parent.Id).Length > 0, "process 1 of the pid namespace");
        return Children(parent.Id)[0];
    }

    private static int[] Children(int pid) =>
        [.. File.ReadAllText($"/proc/{pid}/task/{pid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(child => int.Parse(child, CultureInfo.InvariantCulture))];
}
