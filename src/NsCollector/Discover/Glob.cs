using System.Collections.Immutable;

namespace NsCollector.Discover;

/// <summary>
/// A pattern for a whole text: <c>*</c> matches any characters (even slashes), <c>?</c> one, <c>[abc]</c> and <c>[a-z]</c>
/// one of these, <c>[!x]</c> one that is not listed. A backslash quotes the next character.
/// </summary>
/// <remarks>
/// Case matters. A bracket that is not closed, and a backslash at the end, match themselves; a range in reverse order matches
/// nothing. A character is a Unicode code point. The time is at most the pattern's length times the text's, because
/// backtracking only needs the last star.
/// </remarks>
internal sealed class Glob
{
    private enum Kind
    {
        Literal,
        AnyOne,
        AnyRun,
        OneOf,
        NoneOf,
    }

    private readonly record struct Token(Kind Kind, int CodePoint, ImmutableArray<(int First, int Last)> Ranges);

    private readonly Token[] _tokens;

    /// <param name="pattern">Any text is a pattern.</param>
    internal Glob(string pattern)
    {
        List<Token> tokens = [];
        int at = 0;
        while (at < pattern.Length)
        {
            Token token = ParseToken(pattern, ref at);
            bool isRepeatedStar = token.Kind == Kind.AnyRun && tokens.Count > 0 && tokens[^1].Kind == Kind.AnyRun;
            if (!isRepeatedStar) tokens.Add(token);
        }

        _tokens = [.. tokens];
    }

    /// <summary>Whether the pattern matches the whole text.</summary>
    internal bool Matches(ReadOnlySpan<char> text)
    {
        int token = 0;
        int at = 0;
        int tokenAfterStar = -1;
        int retryAt = 0;
        while (at < text.Length)
        {
            if (token < _tokens.Length && _tokens[token].Kind == Kind.AnyRun)
            {
                tokenAfterStar = ++token;
                retryAt = at;
                if (token == _tokens.Length) return true;
            }
            else if (token < _tokens.Length && MatchesToken(_tokens[token], CodePointAt(text, at, out int length)))
            {
                token++;
                at += length;
            }
            else if (tokenAfterStar >= 0)
            {
                CodePointAt(text, retryAt, out int skipped);
                retryAt += skipped;
                at = retryAt;
                token = tokenAfterStar;
            }
            else
            {
                return false;
            }
        }

        while (token < _tokens.Length && _tokens[token].Kind == Kind.AnyRun) token++;
        return token == _tokens.Length;
    }

    /// <summary>Whether the pattern may match a text of which only the beginning is known.</summary>
    internal bool MayMatch(ReadOnlySpan<char> beginning)
    {
        // All positions in the pattern that the beginning can reach.
        var reached = new bool[_tokens.Length + 1];
        reached[0] = true;
        for (int at = 0; at < beginning.Length;)
        {
            int codePoint = CodePointAt(beginning, at, out int length);
            at += length;
            var next = new bool[_tokens.Length + 1];
            for (int token = 0; token < _tokens.Length; token++)
            {
                if (!reached[token]) continue;
                if (_tokens[token].Kind == Kind.AnyRun) next[token] = reached[token + 1] = true;
                else if (MatchesToken(_tokens[token], codePoint)) next[token + 1] = true;
            }

            reached = next;
        }

        return Array.IndexOf(reached, true) >= 0;
    }

    private static bool MatchesToken(Token token, int codePoint)
    {
        if (token.Kind == Kind.Literal) return token.CodePoint == codePoint;
        if (token.Kind == Kind.AnyOne) return true;
        foreach ((int first, int last) in token.Ranges)
        {
            if (codePoint >= first && codePoint <= last) return token.Kind == Kind.OneOf;
        }

        return token.Kind == Kind.NoneOf;
    }

    private static Token ParseToken(string pattern, ref int at)
    {
        int codePoint = CodePointAt(pattern, at, out int length);
        at += length;
        switch (codePoint)
        {
            case '*':
                return new Token(Kind.AnyRun, 0, []);
            case '?':
                return new Token(Kind.AnyOne, 0, []);
            case '[' when ParseBracket(pattern, ref at) is { } bracket:
                return bracket;
            case '\\' when at < pattern.Length:
                codePoint = CodePointAt(pattern, at, out length);
                at += length;
                break;
        }

        return new Token(Kind.Literal, codePoint, []);
    }

    // On entry the position is behind the bracket; it moves only if the bracket is closed. A closing bracket that comes
    // first matches itself, as in the shell.
    private static Token? ParseBracket(string pattern, ref int at)
    {
        int i = at;
        bool isNegated = i < pattern.Length && pattern[i] == '!';
        if (isNegated) i++;
        ImmutableArray<(int, int)>.Builder ranges = ImmutableArray.CreateBuilder<(int, int)>();
        while (i < pattern.Length)
        {
            if (pattern[i] == ']' && ranges.Count > 0)
            {
                at = i + 1;
                return new Token(isNegated ? Kind.NoneOf : Kind.OneOf, 0, ranges.ToImmutable());
            }

            int first = Member(pattern, ref i);
            int last = first;
            if (i + 1 < pattern.Length && pattern[i] == '-' && pattern[i + 1] != ']')
            {
                i++;
                last = Member(pattern, ref i);
            }

            ranges.Add((first, last));
        }

        return null;
    }

    private static int Member(string pattern, ref int at)
    {
        if (pattern[at] == '\\' && at + 1 < pattern.Length) at++;
        int codePoint = CodePointAt(pattern, at, out int length);
        at += length;
        return codePoint;
    }

    // Half of a surrogate pair counts as a character.
    private static int CodePointAt(ReadOnlySpan<char> text, int at, out int length)
    {
        length = 1;
        if (at + 1 >= text.Length || !char.IsSurrogatePair(text[at], text[at + 1])) return text[at];
        length = 2;
        return char.ConvertToUtf32(text[at], text[at + 1]);
    }
}
