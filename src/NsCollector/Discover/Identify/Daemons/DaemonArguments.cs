using System.Text;

namespace NsCollector.Discover.Identify.Daemons;

/// <summary>The command line of a daemon, as /proc/PID/cmdline has it: words that end in NUL bytes.</summary>
/// <param name="words">The bytes.</param>
internal readonly ref struct DaemonArguments(ReadOnlySpan<byte> words)
{
    private readonly ReadOnlySpan<byte> _words = words.EndsWith((byte)0) ? words[..^1] : words;

    /// <summary>
    /// The value of a flag, in the forms <c>--flag=value</c> and <c>--flag value</c>. If it is repeated, the last one
    /// counts, as for the daemons (spf13/pflag, urfave/cli).
    /// </summary>
    /// <param name="flag">The flag with its dashes.</param>
    /// <returns>Null if it is not given.</returns>
    internal string? Value(ReadOnlySpan<byte> flag)
    {
        string? value = null;
        bool isNext = false;
        bool isProgram = true;
        foreach (Range range in _words.Split((byte)0))
        {
            ReadOnlySpan<byte> word = _words[range];
            if (isProgram)
            {
                isProgram = false;
                continue;
            }

            if (isNext) value = Encoding.UTF8.GetString(word);
            isNext = !isNext && word.SequenceEqual(flag);
            if (word.Length > flag.Length && word[flag.Length] == (byte)'=' && word.StartsWith(flag)) value = Encoding.UTF8.GetString(word[(flag.Length + 1)..]);
        }

        return value;
    }
}
