using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace NsCollector.Host.Configuration.Values;

/// <summary>A share in percent, with decimal places if needed.</summary>
internal sealed class PercentValue(double max) : ConfigurationValue<double>
{
    internal override string Expected => string.Create(CultureInfo.InvariantCulture, $"a number of percent from 0 to {max}, such as 0.5");

    internal override string Format(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    internal override bool TryParse(string text, out double value, [NotNullWhen(false)] out string? problem)
    {
        bool valid = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value) && value >= 0 && value <= max;
        problem = valid ? null : Problem();
        return valid;
    }
}
