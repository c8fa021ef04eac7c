using System.Security.Cryptography;
using System.Text;

namespace NsCollector.Serve.Http;

/// <summary>The credentials that a request must have.</summary>
internal sealed class Credentials
{
    private readonly byte[][] _accepted;

    /// <param name="token">The bearer token; null for none.</param>
    /// <param name="user">The user of basic authentication; null for none.</param>
    /// <param name="password">The user's password.</param>
    internal Credentials(string? token, string? user, string? password)
    {
        var accepted = new List<byte[]>();
        if (token is not null) accepted.Add(Encoding.UTF8.GetBytes("Bearer " + token));
        if (user is not null) accepted.Add(Encoding.UTF8.GetBytes("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(user + ":" + password))));
        _accepted = [.. accepted];
        Challenge = user is not null ? "Basic realm=\"nscollector\", charset=\"UTF-8\"" : "Bearer realm=\"nscollector\"";
    }

    /// <summary>The header WWW-Authenticate of a 401 response.</summary>
    internal string Challenge { get; }

    /// <summary>Whether a header Authorization is correct. The comparison takes a time that depends only on its length.</summary>
    internal bool Accept(string? authorization)
    {
        if (_accepted.Length == 0) return true;
        if (string.IsNullOrEmpty(authorization)) return false;

        // RFC 9110: the scheme is case-insensitive.
        int space = authorization.IndexOf(' ', StringComparison.Ordinal);
        string scheme = space < 0 ? "" : authorization[..space];
        string normal = scheme.Equals("bearer", StringComparison.OrdinalIgnoreCase) ? "Bearer" : scheme.Equals("basic", StringComparison.OrdinalIgnoreCase) ? "Basic" : scheme;
        byte[] given = Encoding.UTF8.GetBytes(normal + " " + authorization[(space + 1)..].Trim());
        bool isAccepted = false;
        foreach (byte[] accepted in _accepted) isAccepted |= CryptographicOperations.FixedTimeEquals(given, accepted);
        return isAccepted;
    }
}
