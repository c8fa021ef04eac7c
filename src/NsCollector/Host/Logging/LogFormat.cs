namespace NsCollector.Host.Logging;

/// <summary>How a log line looks.</summary>
internal enum LogFormat
{
    /// <summary><see cref="Journald"/> where standard error is the journal's own socket (JOURNAL_STREAM), else <see cref="Text"/>.</summary>
    Auto,

    /// <summary>For people: time, level, message.</summary>
    Text,

    /// <summary>A priority in angle brackets as sd-daemon(3) defines it, no time: the journal keeps its own.</summary>
    Journald,
}
