namespace NsCollector.Host.Check;

/// <summary>The severity of a finding.</summary>
internal enum Severity
{
    /// <summary>Works.</summary>
    Ok,

    /// <summary>Something optional is missing; the finding says what does not work.</summary>
    Warn,

    /// <summary>The agent cannot do its main job.</summary>
    Fail,
}
