namespace NsCollector.RuntimeTests.Dashboards;

/// <summary>The queries that return nothing here, each with a reason (queries-without-data.tsv).</summary>
internal static class MissingData
{
    // Where a reason may apply, and whether it does here.
    private static readonly Dictionary<string, bool> Conditions = new()
    {
        ["any"] = true,
        ["v1"] = !File.Exists("/sys/fs/cgroup/cgroup.controllers"),
        ["v2"] = File.Exists("/sys/fs/cgroup/cgroup.controllers"),
        ["unreadable"] = !Directory.Exists("/proc/1/root/proc"),
    };

    /// <summary>Fails if a query returned nothing and is not listed, or is listed and returned something.</summary>
    /// <param name="file">The file of this folder that lists them: what, where the reason applies, and the reason.</param>
    /// <param name="results">Where each query is, and whether it returned something.</param>
    internal static void AssertListed(string file, IReadOnlyList<(string Where, bool HasData)> results)
    {
        Assert.NotEmpty(results);
        Dictionary<string, (string Condition, string Reason)> listed = File.ReadLines(Repository.PathOf($"tests/NsCollector.RuntimeTests/Dashboards/{file}"))
            .Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split('\t')).ToDictionary(cells => string.Join('\t', cells[..^2]), cells => (cells[^2], cells[^1]));
        string[] wrong =
        [
            .. results.Where(result => IsListed(result.Where) == result.HasData).Select(result => result.HasData ? $"{result.Where}: listed, but has data" : $"{result.Where}: no data"),
        ];
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
        Assert.All(listed.Values, one => Assert.True(Conditions.ContainsKey(one.Condition) && one.Reason.Length > 10, one.Reason));

        bool IsListed(string where) => listed.TryGetValue(where, out var one) && Conditions[one.Condition];
    }
}
