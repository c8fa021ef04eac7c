using System.Globalization;
using System.Text.Json;

namespace NsCollector.RuntimeTests.Prometheus;

/// <summary>A Prometheus on loopback that scrapes each second. Disposing ends it.</summary>
internal sealed class PrometheusServer : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-prometheus-").FullName;
    private readonly ServerProcess _server;
    private readonly string _url;

    /// <summary>Starts it and waits until it has scraped.</summary>
    /// <param name="target">The address that it scrapes.</param>
    public PrometheusServer(string target)
        : this($"  - job_name: nscollector\n    static_configs: [ {{ targets: [ '{target}' ] }} ]\n", [])
    {
    }

    /// <summary>Starts it with rules that it evaluates each second, and waits until it has scraped.</summary>
    /// <param name="scrapeConfigurations">The list of scrape_configs, as YAML.</param>
    /// <param name="rules">The contents of files of rules.</param>
    /// <param name="targets">How many targets it has that answer.</param>
    public PrometheusServer(string scrapeConfigurations, string[] rules, int targets = 1)
    {
        string configuration = Path.Combine(_directory, "prometheus.yml"), address = $"127.0.0.1:{ServerProcess.FreePort()}";
        for (int i = 0; i < rules.Length; i++) File.WriteAllText(Path.Combine(_directory, $"{i}.rules"), rules[i]);
        File.WriteAllText(configuration, $"global: {{ scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }}\nrule_files: [ '{_directory}/*.rules' ]\nscrape_configs:\n{scrapeConfigurations}");
        _url = $"http://{address}";
        _server = new ServerProcess(
            Path.Combine(_directory, "log"), PrometheusPrograms.Server,
            $"--config.file={configuration}", $"--storage.tsdb.path={Path.Combine(_directory, "data")}", $"--web.listen-address={address}");
        _server.Start(() => Command.Try("curl", "-sf", $"{_url}/-/ready").Status == 0);
        Eventually.True(() => Query("up").Count(value => value == 1) >= targets, $"a scrape of {targets} targets", () => _server.Log);
    }

    /// <summary>The values of a query now; empty if it has no series.</summary>
    public double[] Query(string query)
    {
        using JsonDocument answer = JsonDocument.Parse(Command.Run("curl", "-sf", "--data-urlencode", $"query={query}", $"{_url}/api/v1/query"));
        return [.. answer.RootElement.GetProperty("data").GetProperty("result").EnumerateArray()
            .Select(series => Number(series.GetProperty("value")[1].GetString()!))];
    }

    /// <summary>The values of a label, as Grafana's <c>label_values</c> asks for them.</summary>
    public string[] LabelValues(string selector, string label)
    {
        using JsonDocument answer = JsonDocument.Parse(Command.Run("curl", "-sfG", "--data-urlencode", $"match[]={selector}", $"{_url}/api/v1/label/{label}/values"));
        return [.. answer.RootElement.GetProperty("data").EnumerateArray().Select(value => value.GetString()!)];
    }

    /// <summary>The series of a range vector selector now, with at least two samples each.</summary>
    /// <param name="selector">For example <c>{pod="a"}[8s]</c>.</param>
    public RangeSeries[] Range(string selector)
    {
        using JsonDocument answer = JsonDocument.Parse(Command.Run("curl", "-sf", "--data-urlencode", $"query={selector}", $"{_url}/api/v1/query"));
        return [.. answer.RootElement.GetProperty("data").GetProperty("result").EnumerateArray().Where(series => series.GetProperty("values").GetArrayLength() > 1).Select(series =>
        {
            JsonElement labels = series.GetProperty("metric"), values = series.GetProperty("values");
            IEnumerable<string> pairs = labels.EnumerateObject().Where(label => label.Name != "__name__").Select(label => $"{label.Name}={JsonSerializer.Serialize(label.Value.GetString())}");
            double[] numbers = [.. values.EnumerateArray().Select(Number)];
            double increase = numbers.Zip(numbers.Skip(1), (before, after) => after < before ? after : after - before).Sum();
            return new RangeSeries(labels.GetProperty("__name__").GetString()!, $"{{{string.Join(',', pairs)}}}", values[0][0].GetDouble(), values[numbers.Length - 1][0].GetDouble(), increase, numbers[^1]);
        })];

        static double Number(JsonElement sample) => double.Parse(sample[1].GetString()!, CultureInfo.InvariantCulture);
    }

    private static double Number(string text) => text == "+Inf" ? double.PositiveInfinity : double.Parse(text, CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public void Dispose()
    {
        _server.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
