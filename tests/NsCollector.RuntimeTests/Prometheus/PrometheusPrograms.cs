namespace NsCollector.RuntimeTests.Prometheus;

/// <summary>Prometheus and promtool of Debian 13, node_exporter and the client for Python, as packaging/prepare unpacks them.</summary>
internal static class PrometheusPrograms
{
    internal static readonly string Server = Repository.PathOf("artifacts/unpacked/prometheus-trixie/usr/bin/prometheus");

    internal static readonly string NodeExporter = Repository.PathOf("artifacts/unpacked/prometheus-node-exporter/usr/bin/prometheus-node-exporter");

    private static readonly string Promtool = Repository.PathOf("artifacts/unpacked/promtool-trixie/usr/bin/promtool");
    private static readonly string PythonPath = Repository.PathOf("artifacts/unpacked/python3-prometheus-client/usr/lib/python3/dist-packages");

    /// <summary>What is not there; null if all is.</summary>
    internal static string? Missing => new[] { Server, NodeExporter, Promtool, PythonPath }.FirstOrDefault(path => !Path.Exists(path));

    /// <summary><c>promtool check metrics</c>.</summary>
    /// <returns>The names about which it says something.</returns>
    internal static string[] Check(string page)
    {
        (_, string output, string errors) = Command.TryWithInput(page, Promtool, "check", "metrics");
        return [.. (output + errors).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0]).Distinct()];
    }

    /// <summary><c>promtool check rules</c>, with every hint as an error.</summary>
    /// <param name="rules">The file's contents.</param>
    /// <returns>The exit status and the output.</returns>
    internal static (int Status, string Output) CheckRules(string rules)
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, rules);
            (int status, string output, string errors) = Command.Try(Promtool, "check", "rules", "--lint=all", "--lint-fatal", file);
            return (status, output + errors);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary><c>promtool test rules</c>.</summary>
    /// <param name="rules">The contents of the rules' file.</param>
    /// <param name="test">Makes the contents of the test file from the name of the rules' file.</param>
    /// <returns>The exit status and the output.</returns>
    internal static (int Status, string Output) TestRules(string rules, Func<string, string> test)
    {
        string directory = Directory.CreateTempSubdirectory("nscollector-promtool-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(directory, "rules.yml"), rules);
            string file = Path.Combine(directory, "test.yml");
            File.WriteAllText(file, test("rules.yml"));
            (int status, string output, string errors) = Command.Try(Promtool, "test", "rules", file);
            return (status, output + errors);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>How many samples a parser of prometheus_client finds.</summary>
    /// <param name="module"><c>prometheus_client.parser</c> or <c>prometheus_client.openmetrics.parser</c>.</param>
    /// <param name="page">The page.</param>
    internal static int Parse(string module, string page) => int.Parse(
        Command.RunWithInput(page, "env", $"PYTHONPATH={PythonPath}", "python3", "-c", $"import sys; from {module} import text_string_to_metric_families as parse; print(sum(len(family.samples) for family in parse(sys.stdin.read())))"),
        System.Globalization.CultureInfo.InvariantCulture);
}
