using System.Text.Json;

namespace NsCollector.RuntimeTests.Influx;

/// <summary>Debian's victoria-metrics on 127.0.0.1 with its own data. It stores repeated samples twice.</summary>
internal sealed class VictoriaServer : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-victoria-").FullName;
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(60) };
    private readonly ServerProcess _process;
    private readonly int _port = ServerProcess.FreePort();

    /// <summary>Starts it.</summary>
    internal VictoriaServer()
    {
        _process = new ServerProcess(
            Path.Combine(_directory, "log"), "victoria-metrics", $"-httpListenAddr=127.0.0.1:{_port}", $"-storageDataPath={_directory}/data",
            "-retentionPeriod=1", "-memory.allowedPercent=5", "-loggerLevel=WARN");
        try
        {
            _process.Start(() => IsServing(_client, Url));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Its address.</summary>
    internal string Url => $"http://127.0.0.1:{_port}";

    /// <summary>All samples, in no order.</summary>
    internal List<VictoriaSample> Export()
    {
        // Queries do not see the samples of the last second.
        _client.GetStringAsync(new Uri($"{Url}/internal/force_flush")).Wait();
        string text = _client.GetStringAsync(new Uri($"{Url}/api/v1/export?match%5B%5D=%7B__name__!%3D%22%22%7D&start=0")).Result;
        var samples = new List<VictoriaSample>();
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using JsonDocument document = JsonDocument.Parse(line);
            var labels = document.RootElement.GetProperty("metric").EnumerateObject().ToDictionary(label => label.Name, label => label.Value.GetString()!);
            Assert.True(labels.Remove("__name__", out string? name));
            double[] values = [.. document.RootElement.GetProperty("values").EnumerateArray().Select(value => value.GetDouble())];
            long[] timestamps = [.. document.RootElement.GetProperty("timestamps").EnumerateArray().Select(timestamp => timestamp.GetInt64())];
            samples.AddRange(values.Zip(timestamps, (value, timestamp) => new VictoriaSample(name!, labels, timestamp, value)));
        }

        return samples;
    }

    public void Dispose()
    {
        _process.Dispose();
        _client.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Whether a program of this family is ready.</summary>
    internal static bool IsServing(HttpClient client, string url)
    {
        try
        {
            return client.GetStringAsync(new Uri($"{url}/health")).Result == "OK";
        }
        catch (AggregateException e) when (e.InnerException is HttpRequestException)
        {
            return false;
        }
    }
}
