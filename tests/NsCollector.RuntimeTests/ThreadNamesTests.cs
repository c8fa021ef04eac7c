using System.Diagnostics;

namespace NsCollector.RuntimeTests;

/// <summary>The kernel's names of the agent's threads, which top -H and perf show.</summary>
[Collection(AloneCollection.Name)]
public sealed class ThreadNamesTests
{
    /// <summary>TASK_COMM_LEN of the kernel is 16, including the null byte (include/linux/sched.h).</summary>
    private const int MaximumLength = 15;

    /// <summary>The main thread, the sink's, and those of .NET and its console logger.</summary>
    private static readonly string[] OfTheProgram = ["nscollector", "file:main", "Console logger "];

    [Fact]
    public void Agent_threads_have_their_names_in_proc()
    {
        string directory = Directory.CreateTempSubdirectory("nscollector-").FullName;
        using Process agent = AgentProgram.Run(
            Path.Combine(directory, "metrics.lp"),
            $"spool:path={Path.Combine(directory, "spool")}", "influx:a-database-far-away:url=http://127.0.0.1:9", "influx:a-database-far-away:database=none");
        try
        {
            string[] expected = ["census", "discovery", "filesystems", "names", "sampling", "send a-database-far-away"[..MaximumLength], "watch"];
            Eventually.True(() => expected.Except(Names(agent.Id)).ToArray() is [], "threads with their names", () => string.Join(", ", Names(agent.Id)));
        }
        finally
        {
            AgentProgram.Stop(agent);
            Directory.Delete(directory, recursive: true);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Features_that_are_off_have_no_thread_and_those_that_are_on_have_one(bool isOn)
    {
        string directory = Directory.CreateTempSubdirectory("nscollector-").FullName, metrics = Path.Combine(directory, "metrics.lp");
        string state = isOn ? "on" : "off";
        using Process agent = AgentProgram.Run(
            metrics,
            ["agent:interval=200ms", $"host:filesystems={state}", $"filesystem:containers={state}", $"discovery:container_states={(isOn ? "1s" : "off")}", "discovery:docker_sockets=",
            $"cgroup:limits={state}", $"cgroup:memory_detail={state}", $"agent:peaks={(isOn ? "50ms" : "off")}", $"agent:start_wait={(isOn ? "1m" : "off")}", "agent:sampling_threads=1",
            .. isOn ? [$"http:listen=unix:{directory}/http"] : (string[])[]]);
        try
        {
            // Threads start in the first cycle.
            Eventually.True(() => AgentProgram.ReadFile(metrics).Count(point => point.Measurement == "nscollector" && point.Has("cycle_ns")) >= 5, "five cycles");
            string[] always = ["discovery", "names", "sampling", "watch"], features = ["Kestrel Timer", "census", "disks", "filesystems"], names = Names(agent.Id);
            Assert.Equal(isOn ? always.Concat(features).Order() : always, names.Where(name => always.Contains(name) || features.Contains(name)).Order());

            // No other feature has a thread of its own.
            Assert.Empty(names.Where(name => !name.StartsWith(".NET", StringComparison.Ordinal)).Except([.. always, .. features, .. OfTheProgram]));
        }
        finally
        {
            AgentProgram.Stop(agent);
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string[] Names(int pid)
    {
        var names = new List<string>();
        foreach (string task in Directory.GetDirectories($"/proc/{pid}/task"))
        {
            try
            {
                names.Add(File.ReadAllText(task + "/comm").TrimEnd('\n'));
            }
            catch (IOException)
            {
                // The thread has exited.
            }
        }

        return [.. names];
    }
}
