using System.Collections.Immutable;
using NsCollector.Deliver;
using NsCollector.Deliver.File;
using NsCollector.Deliver.Http;
using NsCollector.Deliver.Influx;
using NsCollector.Deliver.Otlp;
using NsCollector.Encode;
using NsCollector.Encode.Telegraf;
using NsCollector.Host.Configuration.Sections;
using NsCollector.Serve.Http;

namespace NsCollector.Host.Configuration;

/// <summary>Checks values that are valid by themselves against each other. A broken rule becomes an error.</summary>
internal sealed class ConfigurationRules(ConfigurationSources sources, ConfigurationDraft draft, ConfigurationOrigins origins, ConfigurationErrors errors)
{
    private const int MaxSinks = 100;

    // Which section writes to a file, by the file's identity.
    private readonly Dictionary<string, string> _writers = new(StringComparer.Ordinal);

    internal void Check(ImmutableArray<SinkOptions> sinks)
    {
        ImmutableArray<FileSinkOptions> fileSinks = [.. sinks.OfType<FileSinkOptions>()];
        ImmutableArray<InfluxSinkOptions> influxSinks = [.. sinks.OfType<InfluxSinkOptions>()];
        if (draft.Sample.Jitter >= draft.Sample.Interval && draft.Sample.Jitter > TimeSpan.Zero)
        {
            origins.Report("agent", "jitter", "it must be shorter than [agent] interval");
        }

        if (draft.Sample.Peaks >= draft.Sample.Interval && draft.Sample.Peaks > TimeSpan.Zero)
        {
            origins.Report("agent", "peaks", "it must be shorter than [agent] interval");
        }

        if (draft.Tags.Count > TagsSection.MaxTags) errors.Add("configuration", "[tags]", null, $"there are more than {TagsSection.MaxTags} tags");
        if (sinks.Length > MaxSinks)
        {
            errors.Add("configuration", fileSinks.Length > influxSinks.Length ? "[file:NAME]" : "[influx:NAME]", null, $"there are more than {MaxSinks} sinks");
        }

        foreach (SinkOptions sink in sinks) CheckSchema(sink);
        foreach (FileSinkOptions sink in fileSinks) CheckFileSink(sink);
        foreach (InfluxSinkOptions sink in influxSinks) CheckInfluxSink(sink);
        foreach (OtlpSinkOptions sink in sinks.OfType<OtlpSinkOptions>())
            CheckHttpSink("otlp:" + sink.Name, sink, OtlpSinkRules.Violations(sink, key => origins.IsGiven("otlp:" + sink.Name, key), draft.Encode.BatchBytes));
        CheckSpool(isUsed: sinks.OfType<HttpSinkOptions>().Any());
        CheckHttp();
        if (!draft.DockerApi.Listen.IsEmpty && draft.DockerApi.MaxStreams >= draft.DockerApi.MaxConnections)
            origins.Report("docker_api", "max_streams", "it must be less than max_connections, so that other requests are answered");
        new MetricRules(draft, origins).Check(sinks);
    }

    private void CheckHttp()
    {
        HttpOptions http = draft.Http;
        if (http.Listen.FirstOrDefault(address => !address.IsLocal) is { } open && !http.HasCredentials && !http.HasTls && !http.Insecure)
        {
            origins.Report("http", "listen", $"other hosts can reach {open}: set token_file, user and password_file, or tls_certificate_file and tls_key_file; or listen on 127.0.0.1; or set insecure = on");
        }

        if (http.User.Length > 0 != http.PasswordFile.Length > 0) origins.Report("http", http.User.Length > 0 ? "user" : "password_file", "user and password_file need each other");
        if (http.HasTls != http.TlsKeyFile.Length > 0) origins.Report("http", http.HasTls ? "tls_certificate_file" : "tls_key_file", "tls_certificate_file and tls_key_file need each other");
        if (!sources.ReadsSecrets || http.Listen.IsEmpty) return;

        // The same rules as for the files of a sink.
        var files = new InfluxSinkOptions { Name = "http", TokenFile = http.TokenFile, PasswordFile = http.PasswordFile, TlsCertificateFile = http.TlsCertificateFile, TlsKeyFile = http.TlsKeyFile };
        string? credentials = sources.Environment.FirstOrDefault(variable => variable.Key == "CREDENTIALS_DIRECTORY").Value;
        foreach ((string key, string problem) in SecretFileCheck.Problems(files, credentials)) origins.Report("http", key, problem);
    }

    private void CheckSchema(SinkOptions sink)
    {
        string section = SinkKinds.Title(sink);
        if (sink.Schema == OutputSchema.Telegraf)
        {
            if (sink.Telegraf.Host && !draft.Sample.Host.Enabled) origins.Report(section, SchemaKeys.Host, "the host is not read; set [host] enabled = on");
            return;
        }

        // A default is no error: the example file has the defaults of all keys.
        var defaults = new TelegrafOptions();
        if (sink.Telegraf.PerDevice != defaults.PerDevice) Report("telegraf_perdevice");
        if (sink.Telegraf.Total != defaults.Total) Report("telegraf_total");
        if (sink.Telegraf.Host != defaults.Host) Report(SchemaKeys.Host);

        void Report(string key) => origins.Report(section, key, "only Telegraf's schema has these points; set schema = telegraf in this section");
    }

    private void CheckFileSink(FileSinkOptions sink)
    {
        string section = "file:" + sink.Name;
        if (sink.QueueBytes < draft.Encode.BatchBytes) origins.Report(section, "queue_size", "it must hold at least one batch ([encode] batch_size)");
        string identity = sink.Path == "-" ? "-" : FileIdentity.Of(sink.Path);
        if (!_writers.TryAdd(identity, section)) origins.Report(section, "path", SharedFile(_writers[identity]), $"{sink.Path} (the default)");
    }

    private void CheckInfluxSink(InfluxSinkOptions sink)
    {
        string section = "influx:" + sink.Name;
        CheckHttpSink(section, sink, InfluxSinkRules.Violations(sink, key => origins.IsGiven(section, key), draft.Encode.BatchBytes));
        string refused = sink.RefusedFile.Length > 0 ? sink.RefusedFile : Path.Combine(draft.Spool.Path, sink.Name + ".refused.lp");
        string identity = FileIdentity.Of(refused), older = FileIdentity.Of(refused + ".1");
        string? other = _writers.TryAdd(identity, section) ? _writers.TryAdd(older, section) ? null : _writers[older] : _writers[identity];
        if (other is not null) origins.Report(section, "refused_file", SharedFile(other), $"{refused} (the default)");
    }

    private void CheckHttpSink(string section, HttpSinkOptions sink, IEnumerable<(string Key, string Problem)> violations)
    {
        foreach ((string key, string problem) in violations) origins.Report(section, key, problem);
        if (!sources.ReadsSecrets) return;
        string? credentials = sources.Environment.FirstOrDefault(variable => variable.Key == "CREDENTIALS_DIRECTORY").Value;
        foreach ((string key, string problem) in SecretFileCheck.Problems(sink, credentials)) origins.Report(section, key, problem);
    }

    private void CheckSpool(bool isUsed)
    {
        if (draft.Spool.MaxBytes < draft.Spool.FileBytes)
        {
            origins.Report("spool", origins.IsGiven("spool", "max_size") ? "max_size" : "file_size", "max_size must hold at least one file of file_size");
        }

        if (!isUsed || draft.Spool.FileBytes >= draft.Encode.BatchBytes) return;
        if (origins.IsGiven("spool", "file_size")) origins.Report("spool", "file_size", "it must hold at least one batch ([encode] batch_size)");
        else origins.Report("encode", "batch_size", "a batch must fit into a file of the spool ([spool] file_size)");
    }

    private static string SharedFile(string other) => $"[{other}] writes to the same file; two sinks would mix up their lines, so choose another file";
}
