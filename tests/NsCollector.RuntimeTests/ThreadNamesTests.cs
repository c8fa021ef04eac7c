using System.Diagnostics;

namespace NsCollector.RuntimeTests;

/// <summary>The kernel's names of the agent's threads, which top -H and perf show.</summary>
public sealed class ThreadNamesTests
{
    /// <summary>TASK_COMM_LEN of the kernel is 16, including the null byte (include/linux/sched.h).</summary>
    private const int MaximumLength = 15;

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
