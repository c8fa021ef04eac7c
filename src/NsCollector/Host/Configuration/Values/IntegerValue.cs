using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace NsCollector.Host.Configuration.Values;

/// <summary>A whole number within bounds.</summary>
internal sealed class IntegerValue(int least, int most) : ConfigurationValue<int>
{
    internal override string Wanted => string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most}");

    internal override string Format(int value) => value.ToString(CultureInfo.InvariantCulture);

    internal override bool TryParse(string text, out int value, [NotNullWhen(false)] out string? problem)
    {
        bool right = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= least && value <= most;
        problem = right ? null : Wrong();
        return right;
    }
}
