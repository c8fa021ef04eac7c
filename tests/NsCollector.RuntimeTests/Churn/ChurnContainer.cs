using System.Globalization;

namespace NsCollector.RuntimeTests.Churn;

/// <summary>A short-lived container as <c>fleet</c> logs it (the format is in bench/fleet/fleet.c).</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">The name in its state file.</param>
/// <param name="ExitStatus">The exit status of its process.</param>
/// <param name="CpuNs">The kernel's CPU counter of its cgroup just before its removal; -1 if the kernel had none.</param>
/// <param name="AttachedNs">The time at which its process had joined all its cgroups, in ns since the epoch.</param>
/// <param name="EndedNs">The time just before its process exited, in ns since the epoch.</param>
internal sealed record ChurnContainer(string Id, string Name, int ExitStatus, long CpuNs, long AttachedNs, long EndedNs)
{
    /// <summary>Reads all containers of a log.</summary>
    public static ChurnContainer[] ReadLog(string path) => [.. File.ReadLines(path).Select(Parse)];

    private static ChurnContainer Parse(string line)
    {
        string[] words = line.Split(' ');
        return new ChurnContainer(words[0], words[1], (int)Number(2), Number(3), Number(5), Number(6));

        long Number(int index) => long.Parse(words[index], CultureInfo.InvariantCulture);
    }
}
