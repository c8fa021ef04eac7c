using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace NsCollector.Host.Configuration.Values;

/// <summary>A whole number within bounds.</summary>
internal sealed class IntegerValue(int min, int max) : ConfigurationValue<int>
{
    internal override string Expected => string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}");

    internal override string Format(int value) => value.ToString(CultureInfo.InvariantCulture);

    internal override bool TryParse(string text, out int value, [NotNullWhen(false)] out string? problem)
    {
        bool valid = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= min && value <= max;
        problem = valid ? null : Problem();
        return valid;
    }
}
