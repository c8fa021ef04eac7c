using NsCollector.Deliver.Http;
using NsCollector.Deliver.Influx;

namespace NsCollector.Host.Configuration;

/// <summary>Whether the files with a sink's secrets and certificates can be used. Reads them and keeps nothing.</summary>
internal static class SecretFileCheck
{
    /// <summary>Every file that cannot be used.</summary>
    /// <param name="sink">The sink.</param>
    /// <param name="credentialsDirectory">$CREDENTIALS_DIRECTORY; null if it is not set.</param>
    /// <returns>The keys at fault, each with what is wrong with its file and what is expected.</returns>
    internal static IEnumerable<(string Key, string Problem)> Problems(HttpSinkOptions sink, string? credentialsDirectory)
    {
        if (sink.PasswordFile.Length > 0 && SecretFile.TryReadPassword(sink.PasswordFile, credentialsDirectory, out string problem) is null)
        {
            yield return ("password_file", Shorten(sink.PasswordFile, problem));
        }

        if (sink.TokenFile.Length > 0 && SecretFile.TryReadToken(sink.TokenFile, credentialsDirectory, out problem) is null)
        {
            yield return ("token_file", Shorten(sink.TokenFile, problem));
        }

        foreach ((string name, string path) in sink.HeaderFiles)
        {
            if (SecretFile.TryReadToken(path, credentialsDirectory, out problem, spacesAllowed: true) is null) yield return ("header_file." + name, Shorten(path, problem));
        }

        InfluxSinkOptions authorities = new() { Name = sink.Name, TlsCaFile = sink.TlsCaFile };
        if (sink.TlsCaFile.Length > 0 && CertificateFiles.TryRead(authorities, credentialsDirectory, out problem) is null)
        {
            yield return ("tls_ca_file", Shorten(sink.TlsCaFile, problem));
        }

        if (sink.TlsCertificateFile.Length == 0 || sink.TlsKeyFile.Length == 0) yield break;
        InfluxSinkOptions client = new() { Name = sink.Name, TlsCertificateFile = sink.TlsCertificateFile, TlsKeyFile = sink.TlsKeyFile };
        if (CertificateFiles.TryRead(client, credentialsDirectory, out problem) is not null) yield break;
        bool isKey = problem.StartsWith(OneLine.Text(sink.TlsKeyFile) + " ", StringComparison.Ordinal);
        yield return isKey ? ("tls_key_file", Shorten(sink.TlsKeyFile, problem)) : ("tls_certificate_file", Shorten(sink.TlsCertificateFile, problem));
    }

    // The error shows key and value already. A value that is not an absolute path may be the secret itself, so it is not shown.
    private static string Shorten(string path, string problem)
    {
        string shown = OneLine.Text(path);
        string about = problem.StartsWith(shown, StringComparison.Ordinal) ? "it" + problem[shown.Length..] : problem;
        return path.StartsWith('/') ? about : about.Replace(shown, "(not shown)", StringComparison.Ordinal);
    }
}
