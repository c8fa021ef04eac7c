using System.Globalization;

namespace NsCollector.RuntimeTests.Churn;

/// <summary>What <c>fleet</c> (bench/fleet/fleet.c, where its log is described) says of a container that came and went.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What its state file called it.</param>
/// <param name="ExitStatus">What its process returned.</param>
/// <param name="CpuNs">The kernel's count of its cgroup just before that was removed; -1 where the kernel had none.</param>
/// <param name="AttachedNs">When its process stood in all its cgroups, in ns since the epoch.</param>
/// <param name="EndedNs">When its process was about to end, in ns since the epoch.</param>
internal sealed record BriefContainer(string Id, string Name, int ExitStatus, long CpuNs, long AttachedNs, long EndedNs)
{
    /// <summary>All of a log.</summary>
    public static BriefContainer[] ReadLog(string path) => [.. File.ReadLines(path).Select(Parse)];

    private static BriefContainer Parse(string line)
    {
        string[] words = line.Split(' ');
        return new BriefContainer(words[0], words[1], (int)Number(2), Number(3), Number(5), Number(6));

        long Number(int index) => long.Parse(words[index], CultureInfo.InvariantCulture);
    }
}
