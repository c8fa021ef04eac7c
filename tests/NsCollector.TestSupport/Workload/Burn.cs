using System.Globalization;

namespace NsCollector.TestSupport.Workload;

/// <summary>
/// The CPU time that <c>burn</c> reports (tests/workload/burn.c documents its command line): its own until a few system calls
/// before its exit, and that of the children it waited for.
/// </summary>
public readonly record struct Burn(long UserUs, long SystemUs)
{
    /// <summary>The program. It is static, so that an image can contain it alone.</summary>
    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "burn");

    /// <summary>User and system time in ns.</summary>
    public long CpuNs => (UserUs + SystemUs) * 1000;

    /// <summary>The last report of burn itself, without its orphans.</summary>
    /// <exception cref="FormatException">There is no report, or more than one.</exception>
    public static Burn OfSelf(IEnumerable<string> output) => Only(output, "self");

    /// <summary>
    /// The part that its process had used before it became burn. The runtime used it, perhaps in another cgroup: crun moves the
    /// process into the container's cgroup some milliseconds later.
    /// </summary>
    /// <inheritdoc cref="OfSelf" path="/exception"/>
    public static Burn AtStart(IEnumerable<string> output) => Only(output, "start");

    /// <summary>The last report of each orphan.</summary>
    public static Burn[] OfOrphans(IEnumerable<string> output) => [.. All(output, "orphan")];

    /// <summary>The CPU time in ns that burn has read from its cgroup just before its exit, with <c>--cgroup-file</c>.</summary>
    /// <exception cref="InvalidOperationException">There is no such line, or more than one.</exception>
    public static long OfCgroup(IEnumerable<string> output) => output.Single(line => line.StartsWith("cgroup ", StringComparison.Ordinal)).Split(' ') switch
    {
        [_, "usage_usec", string us] => long.Parse(us, CultureInfo.InvariantCulture) * 1000,
        [_, string ns] => long.Parse(ns, CultureInfo.InvariantCulture),
        string[] words => throw new FormatException(string.Join(' ', words)),
    };

    private static Burn Only(IEnumerable<string> output, string who) =>
        All(output, who).ToArray() is [Burn only] ? only : throw new FormatException($"expected one line of '{who}': {string.Join(" / ", output)}");

    private static IEnumerable<Burn> All(IEnumerable<string> output, string who) => output
        .Select(line => line.Split(' '))
        .Where(words => words is [string first, _, _] && first == who)
        .Select(words => new Burn(long.Parse(words[1], CultureInfo.InvariantCulture), long.Parse(words[2], CultureInfo.InvariantCulture)));
}
