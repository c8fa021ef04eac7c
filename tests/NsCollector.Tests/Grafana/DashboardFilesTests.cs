using System.Text.Json;

namespace NsCollector.Tests.Grafana;

/// <summary>The form of the dashboards in packaging/grafana, as Grafana's import expects it. Their queries run in NsCollector.RuntimeTests.</summary>
public sealed class DashboardFilesTests
{
    private const int Columns = 24;

    // Units of Grafana that the dashboards use (packages/grafana-data/src/valueFormats/categories.ts).
    private static readonly string[] Units = ["short", "none", "percent", "percentunit", "bytes", "Bps", "cps", "iops", "pps", "s", "µs", "cores", "bool_yes_no"];

    private static readonly string[] Paths = [.. Directory.EnumerateFiles(Repository.PathOf("packaging/grafana/dashboards"), "*.json", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(Repository.Root, path)).Order(StringComparer.Ordinal)];

    public static TheoryData<string> Files { get; } = new(Paths);

    [Fact]
    public void Each_database_has_the_same_boards_with_their_own_uids()
    {
        string[] Names(string database) => [.. Directory.EnumerateFiles(Repository.PathOf($"packaging/grafana/dashboards/{database}")).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
        Assert.Equal(["agent.json", "container.json", "density.json", "overview.json"], Names("prometheus"));
        Assert.Equal(Names("prometheus"), Names("influxql"));
        string[] uids = [.. Paths.Select(path => Read(path).GetProperty("uid").GetString()!)];
        Assert.Equal(uids.Length, uids.Distinct().Count());

        // The limit of Grafana.
        Assert.All(uids, uid => Assert.InRange(uid.Length, 1, 40));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Board_has_the_form_that_grafana_imports(string path)
    {
        JsonElement board = Read(path);
        string type = path.Contains("/influxql/", StringComparison.Ordinal) ? "influxdb" : "prometheus";
        Assert.True(board.GetProperty("schemaVersion").GetInt32() >= 36, "older schemas are migrated at import");
        JsonElement[] variables = [.. board.GetProperty("templating").GetProperty("list").EnumerateArray()];
        Assert.Equal(("datasource", "datasource", type), (Text(variables[0], "name"), Text(variables[0], "type"), Text(variables[0], "query")));
        foreach (JsonElement variable in variables[1..]) AssertSource(variable, type);

        JsonElement[] panels = [.. board.GetProperty("panels").EnumerateArray()];
        Assert.Equal(panels.Length, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
        JsonElement[] graphs = [.. panels.Where(panel => Text(panel, "type") != "row")];
        Assert.Equal(graphs.Length, graphs.Select(panel => Text(panel, "title")).Distinct().Count());
        foreach (JsonElement panel in graphs)
        {
            AssertSource(panel, type);
            Assert.Contains(Text(panel.GetProperty("fieldConfig").GetProperty("defaults"), "unit"), Units);
            JsonElement[] targets = [.. panel.GetProperty("targets").EnumerateArray()];
            Assert.NotEmpty(targets);
            Assert.Equal(targets.Length, targets.Select(target => Text(target, "refId")).Distinct().Count());
            foreach (JsonElement target in targets)
            {
                AssertSource(target, type);
                string query = Text(target, type == "influxdb" ? "query" : "expr");

                // With http.host_names = node, these have other names.
                Assert.DoesNotContain("node_", query, StringComparison.Ordinal);
                foreach (string used in query.Replace("$/", "/", StringComparison.Ordinal).Split('$').Skip(1).Select(rest => string.Concat(rest.TakeWhile(letter => char.IsLetter(letter) || letter == '_'))))
                    Assert.True(used is "__interval" or "__rate_interval" or "__range" or "timeFilter" || variables.Any(variable => Text(variable, "name") == used), $"{Text(panel, "title")}: no variable {used}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Panels_are_on_the_grid_and_do_not_overlap(string path)
    {
        var taken = new Dictionary<(int X, int Y), string>();
        foreach (JsonElement panel in Read(path).GetProperty("panels").EnumerateArray())
        {
            JsonElement position = panel.GetProperty("gridPos");
            (int x, int y, int width, int height) = (position.GetProperty("x").GetInt32(), position.GetProperty("y").GetInt32(), position.GetProperty("w").GetInt32(), position.GetProperty("h").GetInt32());
            Assert.InRange(x + width, 1, Columns);
            for (int i = 0; i < width * height; i++)
                Assert.True(taken.TryAdd((x + (i % width), y + (i / width)), Text(panel, "title")), $"{Text(panel, "title")} overlaps {taken[(x + (i % width), y + (i / width))]}");
        }
    }

    private static void AssertSource(JsonElement element, string type)
    {
        JsonElement source = element.GetProperty("datasource");
        Assert.Equal((type, "${datasource}"), (Text(source, "type"), Text(source, "uid")));
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static JsonElement Read(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Repository.PathOf(path)));
        return document.RootElement.Clone();
    }
}
