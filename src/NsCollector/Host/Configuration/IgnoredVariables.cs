using System.Collections.Immutable;

namespace NsCollector.Host.Configuration;

/// <summary>Variables of the environment that begin with NSCOLLECTOR_ and that cannot name a key.</summary>
/// <param name="Names">Their names; not their values, which may be secrets.</param>
internal sealed record IgnoredVariables(ImmutableArray<string> Names)
{
    private const int MaxNamed = 3;

    /// <summary>
    /// Whether Kubernetes makes this variable for a Service whose name begins with <c>nscollector</c>, in every pod of its
    /// namespace: NAME_SERVICE_HOST, NAME_SERVICE_PORT, NAME_SERVICE_PORT_PORTNAME, NAME_PORT, NAME_PORT_9100_TCP and
    /// NAME_PORT_9100_TCP_ADDR, _PORT and _PROTO, in upper case (kubernetes.io, "Accessing Services", environment variables).
    /// </summary>
    /// <param name="rest">The name without its prefix.</param>
    internal static bool IsKubernetesServiceLink(string rest)
    {
        if (rest.Any(char.IsAsciiLetterLower)) return false;
        string name = "_" + rest;
        if (name.EndsWith("_SERVICE_HOST", StringComparison.Ordinal) || name.EndsWith("_PORT", StringComparison.Ordinal)) return true;
        if (name.Contains("_SERVICE_PORT_", StringComparison.Ordinal)) return true;
        const string Port = "_PORT_";
        for (int at = 0; (at = name.IndexOf(Port, at, StringComparison.Ordinal)) >= 0; at++)
        {
            if (at + Port.Length < name.Length && char.IsAsciiDigit(name[at + Port.Length])) return true;
        }

        return false;
    }

    /// <summary>What was ignored, and how a key is written.</summary>
    public override string ToString()
    {
        string names = string.Join(", ", Names.Take(MaxNamed).Select(Printable.Text)) + (Names.Length > MaxNamed ? $" and {Names.Length - MaxNamed} more" : "");
        return $"ignored {names} of the environment, which name no configuration key. Write section and key with two underscores, such as NSCOLLECTOR_agent__interval; Kubernetes sets such variables for a Service whose name begins with nscollector, unless the pod has enableServiceLinks: false";
    }
}
