using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace NsCollector.TestSupport.LineProtocol;

/// <summary>
/// A line that can be checked for completeness. It has a writer, a number, a length, and a filler of that length that depends on
/// the number, so that parts of two lines never form a valid line.
/// </summary>
public static partial class NumberedLine
{
    private static readonly string[] Fillings = [.. Enumerable.Range(0, 26).Select(i => new string((char)('a' + i), 4096))];

    public static int LengthOf(long number) => 40 + (int)(number * 7919 % 600);

    public static int Write(Span<byte> target, int writer, long number)
    {
        int length = LengthOf(number);
        string line = string.Create(CultureInfo.InvariantCulture,
            $"numbered,writer={writer} seq={number}i,len={length}i,fill=\"{Fillings[number % 26].AsSpan(0, length)}\" {number}\n");
        return Encoding.ASCII.GetBytes(line, target);
    }

    /// <returns>Null if the line is complete, or else the error.</returns>
    public static string? Check(string line, out int writer, out long number)
    {
        writer = 0;
        number = 0;
        Match match = Form().Match(line);
        if (!match.Success) return "wrong format:  " + line;
        writer = int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        number = long.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture);
        int length = int.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture);
        string filling = match.Groups[4].Value;
        if (length != LengthOf(number) || filling.Length != length) return "wrong length: " + line;
        if (filling.AsSpan().ContainsAnyExcept((char)('a' + number % 26))) return "mixed filling: " + line;
        return match.Groups[5].Value == match.Groups[2].Value ? null : "wrong end: " + line;
    }

    [GeneratedRegex("^numbered,writer=([0-9]+) seq=([0-9]+)i,len=([0-9]+)i,fill=\"([a-z]*)\" ([0-9]+)$")]
    private static partial Regex Form();
}
