using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace NsCollector.Host.Configuration.Values;

/// <summary>on or off; also true/false and yes/no. 1 and 0 are refused, because beside counts they look like numbers.</summary>
internal sealed class SwitchValue : ConfigurationValue<bool>
{
    internal override string Expected => "on or off (also true, false, yes, no)";

    internal override ImmutableArray<string> Words => ["on", "off"];

    internal override string Format(bool value) => value ? "on" : "off";

    internal override bool TryParse(string text, out bool value, [NotNullWhen(false)] out string? problem)
    {
        value = text.ToLowerInvariant() is "on" or "true" or "yes";
        bool valid = value || text.ToLowerInvariant() is "off" or "false" or "no";
        problem = valid ? null : Problem();
        return valid;
    }
}
