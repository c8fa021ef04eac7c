namespace NsCollector.Host.Check;

/// <summary>One line of <c>nscollector check</c>.</summary>
/// <param name="Severity">The severity.</param>
/// <param name="Text">What was found; if something is missing, what does not work without it and what to do.</param>
internal sealed record Finding(Severity Severity, string Text)
{
    internal static Finding Ok(string text) => new(Severity.Ok, text);

    internal static Finding Warn(string text) => new(Severity.Warn, text);

    internal static Finding Fail(string text) => new(Severity.Fail, text);

    /// <summary>The line: the severity in a fixed width, then the text.</summary>
    public override string ToString() => Severity switch
    {
        Severity.Ok => "ok    ",
        Severity.Warn => "warn  ",
        _ => "FAIL  ",
    } + Text;
}
