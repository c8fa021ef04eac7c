using System.Diagnostics.CodeAnalysis;
using NsCollector.Encode.Telegraf;

namespace NsCollector.Host.Configuration.Values;

/// <summary>Kinds of points of Telegraf's docker input, separated by commas; an empty text is none.</summary>
internal sealed class TelegrafKindsValue : ConfigurationValue<TelegrafKinds>
{
    private static readonly (string Word, TelegrafKinds Kind)[] Kinds =
        [("cpu", TelegrafKinds.Cpu), ("network", TelegrafKinds.Network), ("blkio", TelegrafKinds.Blkio)];

    internal override string Expected => "any of cpu, network, blkio, separated by commas";

    internal override string Format(TelegrafKinds value) => string.Join(", ", Kinds.Where(kind => value.HasFlag(kind.Kind)).Select(kind => kind.Word));

    internal override bool TryParse(string text, out TelegrafKinds value, [NotNullWhen(false)] out string? problem)
    {
        value = TelegrafKinds.None;
        problem = null;
        foreach (string element in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            TelegrafKinds kind = Kinds.FirstOrDefault(known => known.Word.Equals(element, StringComparison.OrdinalIgnoreCase)).Kind;
            if (kind == TelegrafKinds.None) problem ??= Problem($"{Printable.Text(element)} is not one of them");
            value |= kind;
        }

        return problem is null;
    }
}
