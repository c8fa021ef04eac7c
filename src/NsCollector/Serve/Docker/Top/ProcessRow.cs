using System.Buffers.Text;
using System.Globalization;
using System.Text;
using NsCollector.Linux;

namespace NsCollector.Serve.Docker.Top;

/// <summary>One process, as <c>ps -ef</c> of procps shows it.</summary>
/// <param name="Pid">Its id.</param>
/// <param name="Parent">The id of its parent.</param>
/// <param name="TerminalNumber">The device number of its terminal; 0 if it has none.</param>
/// <param name="CpuTicks">User and system time, in ticks of USER_HZ.</param>
/// <param name="StartTicks">When it started, in ticks of USER_HZ since boot.</param>
/// <param name="Command">The name of its program, at most 15 bytes, from the process itself.</param>
/// <param name="IsZombie">Whether it has exited, and its parent has not fetched its status yet.</param>
internal readonly record struct ProcessRow(int Pid, int Parent, int TerminalNumber, long CpuTicks, long StartTicks, string Command, bool IsZombie)
{
    // unix98 terminals (Documentation/admin-guide/devices.txt), and those of the console.
    private const int FirstPtsMajor = 136, LastPtsMajor = 143, ConsoleMajor = 4, FirstSerialMinor = 64;

    private const int UserWidth = 8;

    private const long NanosecondsPerSecond = 1_000_000_000;

    // Fields of /proc/PID/stat (proc_pid_stat(5)), counted from the state, which is the third.
    private const int ParentField = 1, TerminalField = 4, UserTimeField = 11, SystemTimeField = 12, StartField = 19;

    /// <summary>Parses /proc/PID/stat.</summary>
    /// <returns>Null if it is malformed.</returns>
    internal static ProcessRow? Parse(int pid, ReadOnlySpan<byte> stat)
    {
        // The name is in parentheses and may contain anything, even parentheses and spaces.
        int open = stat.IndexOf((byte)'('), close = stat.LastIndexOf((byte)')');
        if (open < 0 || close <= open || close + 2 >= stat.Length) return null;
        string command = Encoding.UTF8.GetString(stat[(open + 1)..close]);
        Span<long> fields = stackalloc long[StartField + 1];
        ReadOnlySpan<byte> rest = stat[(close + 2)..];
        for (int i = 0; i <= StartField; i++)
        {
            int space = rest.IndexOf((byte)' ');
            if (space < 0) return null;

            // The state is a letter.
            if (i > 0 && !Utf8Parser.TryParse(rest[..space], out fields[i], out _)) return null;
            rest = rest[(space + 1)..];
        }

        return new ProcessRow(
            pid, (int)fields[ParentField], (int)fields[TerminalField], fields[UserTimeField] + fields[SystemTimeField], fields[StartField], command,
            IsZombie: stat[close + 2] == (byte)'Z');
    }

    /// <summary>The column UID: the user's name, cut as ps cuts it.</summary>
    internal static string UserText(string name) => name.Length <= UserWidth ? name : name[..(UserWidth - 1)] + "+";

    /// <summary>The column C: the share of one processor over the life of the process, in whole percent.</summary>
    /// <param name="uptimeNs">The time since boot, in nanoseconds.</param>
    internal string CpuText(long uptimeNs)
    {
        // ps divides whole seconds.
        long seconds = (uptimeNs / NanosecondsPerSecond) - (StartTicks * BootClock.TickNs / NanosecondsPerSecond);
        long percent = seconds <= 0 ? 0 : CpuTicks * 100 * BootClock.TickNs / NanosecondsPerSecond / seconds;
        return Math.Min(percent, 99).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The column STIME: when it started, by the host's time zone: the time today, else the day, else the year.</summary>
    /// <param name="now">The current time.</param>
    /// <param name="uptimeNs">The time since boot, in nanoseconds.</param>
    internal string StartText(DateTimeOffset now, long uptimeNs)
    {
        DateTimeOffset start = now.AddTicks(((StartTicks * BootClock.TickNs) - uptimeNs) / 100);
        string format = start.Year != now.Year ? "yyyy" : start.DayOfYear != now.DayOfYear ? "MMMdd" : "HH:mm";
        return start.ToString(format, CultureInfo.InvariantCulture);
    }

    /// <summary>The column TTY.</summary>
    internal string TerminalText
    {
        get
        {
            int major = (TerminalNumber >> 8) & 0xfff, minor = (TerminalNumber & 0xff) | ((TerminalNumber >> 12) & 0xfff00);
            return major switch
            {
                >= FirstPtsMajor and <= LastPtsMajor => string.Create(CultureInfo.InvariantCulture, $"pts/{((major - FirstPtsMajor) << 8) + minor}"),
                ConsoleMajor when minor < FirstSerialMinor => string.Create(CultureInfo.InvariantCulture, $"tty{minor}"),
                ConsoleMajor => string.Create(CultureInfo.InvariantCulture, $"ttyS{minor - FirstSerialMinor}"),
                _ => "?",
            };
        }
    }

    /// <summary>The column TIME: <c>[DD-]HH:MM:SS</c>.</summary>
    internal string TimeText
    {
        get
        {
            TimeSpan time = TimeSpan.FromSeconds(CpuTicks * BootClock.TickNs / NanosecondsPerSecond);
            string text = time.ToString(@"hh\:mm\:ss", CultureInfo.InvariantCulture);
            return time.Days > 0 ? string.Create(CultureInfo.InvariantCulture, $"{time.Days:D2}-{text}") : text;
        }
    }

    /// <summary>The column CMD.</summary>
    /// <param name="arguments">/proc/PID/cmdline; empty for a kernel thread or a zombie.</param>
    internal string CommandText(ReadOnlySpan<byte> arguments)
    {
        ReadOnlySpan<byte> trimmed = arguments.TrimEnd((byte)0);
        if (IsZombie) return $"[{Printable(Command)}] <defunct>";

        // dockerd splits each line of ps at white space, and joins the rest of the columns with single spaces (parsePSOutput, daemon/top_unix.go).
        return string.Join(' ', Printable(trimmed.IsEmpty ? $"[{Command}]" : Encoding.UTF8.GetString(trimmed).Replace('\0', ' ')).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    // A process chooses its arguments, and the docker command prints them to a terminal as they are. ps does the same.
    private static string Printable(string text) => text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? '?' : c)) : text;
}
