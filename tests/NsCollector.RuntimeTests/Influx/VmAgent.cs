namespace NsCollector.RuntimeTests.Influx;

/// <summary>Debian's vmagent on 127.0.0.1: accepts line protocol and forwards it to a victoria-metrics.</summary>
internal sealed class VmAgent : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-vmagent-").FullName;
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly ServerProcess _process;
    private readonly int _port = ServerProcess.FreePort();

    /// <summary>Starts it.</summary>
    internal VmAgent(VictoriaServer server)
    {
        _process = new ServerProcess(
            Path.Combine(_directory, "log"), "vmagent", $"-httpListenAddr=127.0.0.1:{_port}", $"-remoteWrite.url={server.Url}/api/v1/write",
            $"-remoteWrite.tmpDataPath={_directory}/queue", "-remoteWrite.flushInterval=100ms", "-memory.allowedPercent=5", "-loggerLevel=WARN");
        try
        {
            _process.Start(() => VictoriaServer.IsServing(_client, Url));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Its address.</summary>
    internal string Url => $"http://127.0.0.1:{_port}";

    public void Dispose()
    {
        _process.Dispose();
        _client.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
