using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace NsCollector.Deliver.Http;

/// <summary>Describes why a server's certificate is refused. The native executable has no texts of the framework, only their keys.</summary>
internal static class CertificateProblem
{
    /// <summary>Describes the problem.</summary>
    /// <param name="errors">The framework's findings.</param>
    /// <param name="chain">The chain that was built; null if none was.</param>
    /// <param name="certificate">The server's own; null if it has none.</param>
    /// <param name="now">The local time, which may be wrong.</param>
    internal static string Describe(SslPolicyErrors errors, X509Chain? chain, X509Certificate2? certificate, DateTimeOffset now)
    {
        if (certificate is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable)) return "the server has no certificate";
        List<string> problems = [];
        X509ChainStatusFlags flags = 0;
        foreach (X509ChainStatus status in chain?.ChainStatus ?? []) flags |= status.Status;

        if (flags.HasFlag(X509ChainStatusFlags.NotTimeValid))
        {
            DateTime utc = now.UtcDateTime;
            problems.Add(certificate.NotAfter.ToUniversalTime() < utc ? $"it expired on {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm:ss} UTC"
                : certificate.NotBefore.ToUniversalTime() > utc ? $"it is not valid before {certificate.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm:ss} UTC"
                : "a certificate in its chain has expired or is not valid yet");
        }
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            problems.Add($"it is for another host ({Names(certificate)})");
        if ((flags & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != 0)
            problems.Add("its certificate authority is not trusted");
        if ((flags & (X509ChainStatusFlags.NotSignatureValid | X509ChainStatusFlags.CtlNotSignatureValid)) != 0)
            problems.Add("its signature is not valid");
        if (flags.HasFlag(X509ChainStatusFlags.NotValidForUsage)) problems.Add("it is not a server certificate");
        if (flags.HasFlag(X509ChainStatusFlags.Revoked)) problems.Add("it is revoked");

        const X509ChainStatusFlags described = X509ChainStatusFlags.NotTimeValid | X509ChainStatusFlags.UntrustedRoot |
            X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotSignatureValid | X509ChainStatusFlags.CtlNotSignatureValid |
            X509ChainStatusFlags.NotValidForUsage | X509ChainStatusFlags.Revoked;
        if ((flags & ~described) != 0 || problems.Count == 0) problems.Add($"its chain is invalid ({flags & ~described})");
        return OneLine.Text("the server's certificate is refused: " + string.Join("; ", problems));
    }

    private static string Names(X509Certificate2 certificate)
    {
        List<string> names = [];
        foreach (X509Extension extension in certificate.Extensions)
        {
            if (extension is not X509SubjectAlternativeNameExtension alternatives) continue;
            names.AddRange(alternatives.EnumerateDnsNames());
            names.AddRange(alternatives.EnumerateIPAddresses().Select(static address => address.ToString()));
        }
        return names.Count == 0 ? "it names no host" : string.Join(", ", names.Take(4)) + (names.Count > 4 ? ", …" : "");
    }
}
