namespace NsCollector.Host.Check;

/// <summary>How much a finding matters.</summary>
internal enum Severity
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Something optional is missing; the finding says what is lost.</summary>
    Warn,

    /// <summary>The agent cannot do its main job.</summary>
    Fail,
}
