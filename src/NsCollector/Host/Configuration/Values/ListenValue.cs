using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using NsCollector.Serve.Http;

namespace NsCollector.Host.Configuration.Values;

/// <summary>Addresses to listen on, separated by commas; an empty text means none.</summary>
internal sealed class ListenValue : ConfigurationValue<ImmutableArray<ListenAddress>>
{
    internal override string Expected => "addresses with a port (127.0.0.1:9469, [::1]:9469) or unix:/PATH, separated by commas";

    internal override string Format(ImmutableArray<ListenAddress> value) => string.Join(", ", value);

    internal override bool TryParse(string text, out ImmutableArray<ListenAddress> value, [NotNullWhen(false)] out string? problem)
    {
        value = [];
        problem = null;
        foreach (string element in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (ListenAddress.TryParse(element, out ListenAddress? address)) value = value.Add(address);
            else problem = Problem(int.TryParse(element, out _) || element.StartsWith(':') ? "the address is missing" : null);
        }

        return problem is null;
    }
}
