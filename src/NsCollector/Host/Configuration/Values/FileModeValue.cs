using System.Diagnostics.CodeAnalysis;

namespace NsCollector.Host.Configuration.Values;

/// <summary>Permission bits in octal, as chmod(1) takes them.</summary>
internal sealed class FileModeValue : ConfigurationValue<int>
{
    internal override string Expected => "three octal digits, as in chmod, with or without a leading 0: 0640";

    internal override string Format(int value) => "0" + Convert.ToString(value, 8).PadLeft(3, '0');

    internal override bool TryParse(string text, out int value, [NotNullWhen(false)] out string? problem)
    {
        value = 0;
        bool valid = text.Length == 3 || (text.Length == 4 && text[0] == '0');
        foreach (char digit in text)
        {
            valid = valid && digit is >= '0' and <= '7';
            if (valid) value = (value * 8) + (digit - '0');
        }

        problem = valid ? null : Problem();
        return valid;
    }
}
