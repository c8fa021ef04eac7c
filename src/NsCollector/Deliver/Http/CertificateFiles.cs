using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace NsCollector.Deliver.Http;

/// <summary>The certificates of a sink, read from its PEM files.</summary>
internal sealed class CertificateFiles
{
    private CertificateFiles()
    {
    }

    /// <summary>The authorities that are trusted; null for the system's.</summary>
    internal X509Certificate2Collection? Authorities { get; private set; }

    /// <summary>The client's certificate with its key; null for none.</summary>
    internal X509Certificate2? Client { get; private set; }

    /// <summary>The other certificates in the client's file: the chain to its authority.</summary>
    internal X509Certificate2Collection ClientChain { get; } = [];

    /// <summary>Reads them.</summary>
    /// <param name="options">Which.</param>
    /// <param name="credentialsDirectory">$CREDENTIALS_DIRECTORY; null if it is not set.</param>
    /// <param name="problem">The error; empty if there is none.</param>
    /// <returns>The certificates, or null.</returns>
    internal static CertificateFiles? TryRead(HttpSinkOptions options, string? credentialsDirectory, out string problem)
    {
        problem = "";
        CertificateFiles files = new();
        if (options.TlsCaFile.Length > 0)
        {
            files.Authorities = TryReadCertificates(options.TlsCaFile, credentialsDirectory, out problem);
            if (files.Authorities is null) return null;
        }

        if (options.TlsCertificateFile.Length > 0)
        {
            X509Certificate2Collection? chain = TryReadCertificates(options.TlsCertificateFile, credentialsDirectory, out problem);
            if (chain is null) return null;
            string keyPath = options.TlsKeyFile.Length > 0 ? options.TlsKeyFile : options.TlsCertificateFile;
            byte[]? key = SecretFile.TryReadBytes(keyPath, credentialsDirectory, isSecret: true, out problem);
            if (key is null) return null;
            try
            {
                string keyText = Encoding.Latin1.GetString(key);
                files.Client = X509Certificate2.CreateFromPem(chain[0].ExportCertificatePem(), keyText);
            }
            catch (Exception e) when (e is CryptographicException or ArgumentException)
            {
                problem = $"{OneLine.Text(keyPath)} contains no unencrypted PEM key for the certificate in {OneLine.Text(options.TlsCertificateFile)}";
                return null;
            }
            finally
            {
                Array.Clear(key);
            }
            for (int i = 1; i < chain.Count; i++) files.ClientChain.Add(chain[i]);
        }
        return files;
    }

    private static X509Certificate2Collection? TryReadCertificates(string path, string? credentialsDirectory, out string problem)
    {
        byte[]? bytes = SecretFile.TryReadBytes(path, credentialsDirectory, isSecret: false, out problem);
        if (bytes is null) return null;
        X509Certificate2Collection certificates = [];
        try
        {
            certificates.ImportFromPem(Encoding.Latin1.GetString(bytes));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            certificates.Clear();
        }
        if (certificates.Count > 0) return certificates;
        problem = $"{OneLine.Text(path)} contains no PEM certificate";
        return null;
    }
}
