namespace NsCollector.RuntimeTests.Memory;

/// <summary>Cgroups without processes, in each hierarchy that is mounted. Dispose removes them.</summary>
internal sealed class EmptyCgroups : IDisposable
{
    private static readonly string[] Hierarchies =
    [
        .. File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' '))
            .Where(fields => fields[3] == "/" && fields[Array.IndexOf(fields, "-") + 1] is "cgroup" or "cgroup2")
            .Select(fields => fields[4]),
    ];

    private readonly int _count;

    internal EmptyCgroups(int count)
    {
        _count = count;
        foreach (string path in Paths) Directory.CreateDirectory(path);
    }

    /// <summary>The parent cgroup of all of them; their names begin with its name.</summary>
    internal static string Parent { get; } = $"/nsc-empty-{Environment.ProcessId}";

    private IEnumerable<string> Paths => Hierarchies.SelectMany(hierarchy => Enumerable.Range(0, _count).Select(number => $"{hierarchy}{Parent}{Parent}-{number}"));

    public void Dispose()
    {
        foreach (string path in Paths) Directory.Delete(path);
        foreach (string hierarchy in Hierarchies) Directory.Delete(hierarchy + Parent);
    }
}
