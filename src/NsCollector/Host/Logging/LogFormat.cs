namespace NsCollector.Host.Logging;

/// <summary>The format of log lines.</summary>
internal enum LogFormat
{
    /// <summary><see cref="Journald"/> if standard error is the journal's socket (JOURNAL_STREAM), else <see cref="Text"/>.</summary>
    Auto,

    /// <summary>For people: time, level, message.</summary>
    Text,

    /// <summary>Priority in angle brackets as in sd-daemon(3), without time, which the journal adds.</summary>
    Journald,
}
