namespace NsCollector.Host.Check;

/// <summary>One line of <c>nscollector check</c>.</summary>
/// <param name="Severity">How much it matters.</param>
/// <param name="Text">What was found, and where something is missing, what is lost without it.</param>
internal sealed record Finding(Severity Severity, string Text)
{
    internal static Finding Ok(string text) => new(Severity.Ok, text);

    internal static Finding Warn(string text) => new(Severity.Warn, text);

    internal static Finding Fail(string text) => new(Severity.Fail, text);

    /// <summary>The line: a word of fixed width, then the text.</summary>
    public override string ToString() => Severity switch
    {
        Severity.Ok => "ok    ",
        Severity.Warn => "warn  ",
        _ => "FAIL  ",
    } + Text;
}
