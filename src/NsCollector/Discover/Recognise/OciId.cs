namespace NsCollector.Discover.Recognise;

/// <summary>The ids that OCI runtimes assign: 64 lower-case hexadecimal digits.</summary>
internal static class OciId
{
    internal const int Length = 64;

    /// <summary>Whether the text is an id and nothing else.</summary>
    internal static bool Is(ReadOnlySpan<char> text) => text.Length == Length && IsLowerHex(text);

    /// <summary>Whether the text is one of AWS Fargate's ids: the task's 32 hexadecimal digits, a dash, a decimal number.</summary>
    internal static bool IsFargate(ReadOnlySpan<char> text) =>
        text.Length is > 33 and <= 53
        && IsLowerHex(text[..32])
        && text[32] == '-'
        && text[33..].IndexOfAnyExceptInRange('0', '9') < 0;

    /// <summary>Extracts the id from <c>PREFIX ID SUFFIX</c>.</summary>
    /// <param name="element">A cgroup's name.</param>
    /// <param name="prefix">What must stand before the id.</param>
    /// <param name="suffix">What must stand after it.</param>
    /// <param name="id">The id; empty if the name has another form.</param>
    internal static bool TryCut(ReadOnlySpan<char> element, string prefix, string suffix, out ReadOnlySpan<char> id)
    {
        id = default;
        if (element.Length != prefix.Length + Length + suffix.Length) return false;
        if (!element.StartsWith(prefix, StringComparison.Ordinal) || !element.EndsWith(suffix, StringComparison.Ordinal)) return false;
        ReadOnlySpan<char> middle = element.Slice(prefix.Length, Length);
        if (!IsLowerHex(middle)) return false;
        id = middle;
        return true;
    }

    /// <summary>
    /// Extracts the id from <c>SLICE:PREFIX:ID</c>: systemd's form of a path, which a runtime without systemd's driver
    /// (gVisor, Kata, runc if its drivers disagree) takes for the name of a cgroup.
    /// </summary>
    /// <param name="element">A cgroup's name.</param>
    /// <param name="mark">The prefix between its colons: <c>:docker:</c>.</param>
    /// <param name="slice">What stands before it; may be empty.</param>
    /// <param name="id">The id; empty if the name has another form.</param>
    internal static bool TryCutUnsplit(ReadOnlySpan<char> element, string mark, out ReadOnlySpan<char> slice, out ReadOnlySpan<char> id)
    {
        slice = id = default;
        int length = element.Length - mark.Length - Length;
        if (length < 0 || !TryCut(element[length..], mark, "", out id)) return false;
        slice = element[..length];
        return true;
    }

    /// <summary>Whether a cgroup's name has an id as containers do: bare, or after a dash or colon, or as such a scope.</summary>
    internal static bool IsIn(ReadOnlySpan<char> element)
    {
        if (element.EndsWith(".scope", StringComparison.Ordinal)) element = element[..^".scope".Length];
        if (element.Length < Length || !IsLowerHex(element[^Length..])) return false;
        return element.Length == Length || element[^(Length + 1)] is '-' or ':';
    }

    internal static bool IsLowerHex(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiHexDigitLower(c)) return false;
        }

        return true;
    }
}
