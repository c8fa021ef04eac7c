using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using NsCollector.Serve.Http;

namespace NsCollector.Host.Configuration.Values;

/// <summary>Unix sockets to listen on, separated by commas; an empty text means none.</summary>
internal sealed class SocketListenValue : ConfigurationValue<ImmutableArray<ListenAddress>>
{
    private static readonly ListenValue Addresses = new();

    internal override string Expected => "unix:/PATH, or several separated by commas";

    internal override string Format(ImmutableArray<ListenAddress> value) => Addresses.Format(value);

    internal override bool TryParse(string text, out ImmutableArray<ListenAddress> value, [NotNullWhen(false)] out string? problem)
    {
        problem = null;
        if (!Addresses.TryParse(text, out value, out _)) problem = Problem(null);
        else if (value.Any(address => address.SocketPath is null)) problem = Problem("only unix sockets can be served, because Docker's API has no credentials");
        return problem is null;
    }
}
