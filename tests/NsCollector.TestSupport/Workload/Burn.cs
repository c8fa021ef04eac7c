using System.Globalization;

namespace NsCollector.TestSupport.Workload;

/// <summary>
/// What <c>burn</c> (tests/workload/burn.c, where its command line is described) says of itself: the CPU time it has used
/// until a few system calls before its end, and that of the children it has waited for.
/// </summary>
public readonly record struct Burn(long UserUs, long SystemUs)
{
    /// <summary>The program: static, so that it runs in an image of its own.</summary>
    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "burn");

    /// <summary>Both, in ns.</summary>
    public long CpuNs => (UserUs + SystemUs) * 1000;

    /// <summary>What it wrote last, itself; no line of an orphan's.</summary>
    /// <exception cref="FormatException">It has not, or more than one has.</exception>
    public static Burn OfSelf(IEnumerable<string> output) => Only(output, "self");

    /// <summary>
    /// Of that, what its process had used before it became this program. A runtime had it then, in whatever cgroup: crun moves it into
    /// the container's only some milliseconds later.
    /// </summary>
    /// <inheritdoc cref="OfSelf" path="/exception"/>
    public static Burn AtStart(IEnumerable<string> output) => Only(output, "start");

    /// <summary>What each of its orphans wrote last.</summary>
    public static Burn[] OfOrphans(IEnumerable<string> output) => [.. All(output, "orphan")];

    private static Burn Only(IEnumerable<string> output, string who) =>
        All(output, who).ToArray() is [Burn only] ? only : throw new FormatException($"not one line of '{who}': {string.Join(" / ", output)}");

    private static IEnumerable<Burn> All(IEnumerable<string> output, string who) => output
        .Select(line => line.Split(' '))
        .Where(words => words is [string first, _, _] && first == who)
        .Select(words => new Burn(long.Parse(words[1], CultureInfo.InvariantCulture), long.Parse(words[2], CultureInfo.InvariantCulture)));
}
