using System.Diagnostics;

namespace NsCollector.RuntimeTests;

/// <summary>The agent never starts another process.</summary>
public sealed class NoForkTests : IDisposable
{
    private const string Group = "nscollector-never-a-fork";
    private const int Cycles = 20;

    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-").FullName;
    private readonly List<(string Name, Process Process)> _containers = [];

    [RequiresFact("strace", "unshare", "kill")]
    public void Agent_forks_nothing_in_20_cycles_with_container_churn()
    {
        string trace = Path.Combine(_directory, "trace"), metrics = Path.Combine(_directory, "metrics.lp");
        string[] words = SystemCallTrace.Words(trace, AgentProgram.Words(AgentProgram.RunArguments(
            metrics, "agent:interval=200ms", "discovery:interval=200ms", $"discovery:cgroup_paths=/{Group}/*", $"filter:include=cgroup/*")));
        using Process strace = Command.Start(words[0], words[1..]);
        Task<string> errors = strace.StandardError.ReadToEndAsync();
        strace.BeginOutputReadLine();
        try
        {
            int made = 0;
            Eventually.True(
                () =>
                {
                    Assert.False(strace.HasExited, "the agent exited early");
                    _containers.Add(StartContainer($"c{made++}"));
                    Thread.Sleep(100);
                    if (_containers.Count > 3)
                        End(0);
                    return CycleCount(metrics) >= Cycles && Containers(metrics) >= 3;
                },
                $"{Cycles} cycles, with containers",
                () => $"{CycleCount(metrics)} cycles, {Containers(metrics)} containers seen");

            // Signal the agent, strace's only child. strace itself would detach from it.
            string agent = File.ReadAllText($"/proc/{strace.Id}/task/{strace.Id}/children").Trim();
            Command.Run("kill", "-TERM", agent);
            Assert.True(strace.WaitForExit(TimeSpan.FromSeconds(30)), "the agent did not exit within 30 s of SIGTERM");
            Assert.True(strace.ExitCode == 0, errors.Result);
        }
        finally
        {
            if (!strace.HasExited)
                strace.Kill(entireProcessTree: true);
        }

        var calls = SystemCallTrace.Read(trace);
        Assert.Contains("execve", calls.First);
        // Without any thread the trace would not be one of the agent.
        Assert.NotEmpty(calls.Threads);
        Assert.Empty(calls.ProcessesAndPrograms);
    }

    [RequiresFact("strace")]
    public void Trace_detects_a_program_that_forks()
    {
        string trace = Path.Combine(_directory, "trace");
        string[] words = SystemCallTrace.Words(trace, ["sh", "-c", "sleep 0; true"]);
        Command.Run(words[0], words[1..]);
        var calls = SystemCallTrace.Read(trace);
        Assert.Empty(calls.Threads);
        Assert.Contains(calls.ProcessesAndPrograms, call => call.Contains("execve", StringComparison.Ordinal));
        Assert.Contains(calls.ProcessesAndPrograms, call => call.Contains("fork(", StringComparison.Ordinal) || call.Contains("clone", StringComparison.Ordinal));
    }

    public void Dispose()
    {
        while (_containers.Count > 0)
            End(0);
        Command.Try("sh", "-c", $"for g in {CgroupParents}; do for i in 1 2 3 4 5 6 7 8 9 10; do rmdir $g/* $g; [ -d $g ] || break; sleep 0.1; done; done");
        Directory.Delete(_directory, recursive: true);
    }

    private static string CgroupParents => string.Join(' ', File.ReadLines("/proc/self/mountinfo")
        .Select(line => line.Split(" - "))
        .Where(halves => halves[1].StartsWith("cgroup", StringComparison.Ordinal) && !halves[1].Contains("cpuset", StringComparison.Ordinal))
        .Select(halves => $"{halves[0].Split(' ')[4]}/{Group}"));

    // One process in its own network namespace and in a cgroup of every hierarchy, except cpuset, which needs more set-up.
    private static (string Name, Process Process) StartContainer(string name)
    {
        Process process = Command.Start("sh", "-c", $"for g in {CgroupParents}; do mkdir -p $g/{name} && echo $$ > $g/{name}/cgroup.procs || exit 1; done; exec unshare --net sleep 1000");
        process.StandardInput.Close();
        return (name, process);
    }

    private void End(int index)
    {
        (string name, Process process) = _containers[index];
        _containers.RemoveAt(index);
        process.Kill();
        process.WaitForExit();
        process.Dispose();
        Command.Try("sh", "-c", $"for g in {CgroupParents}; do rmdir $g/{name}; done");
    }

    private static int CycleCount(string metrics) =>
        AgentProgram.ReadFile(metrics).Count(point => point.Measurement == "nscollector" && point.Has("cycle_ns"));

    private static int Containers(string metrics) =>
        AgentProgram.ReadFile(metrics).Where(point => point.Measurement == "container_network" || point.Measurement == "container_info")
            .Select(point => point.Container).Distinct().Count();
}
