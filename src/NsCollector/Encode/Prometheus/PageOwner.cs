namespace NsCollector.Encode.Prometheus;

/// <summary>The owner of the series of a family.</summary>
internal enum PageOwner
{
    /// <summary>A container: one or more series for each.</summary>
    Container,

    /// <summary>A container that has exited.</summary>
    Exit,

    /// <summary>The host.</summary>
    Host,

    /// <summary>The agent.</summary>
    Agent,

    /// <summary>A sink of the agent.</summary>
    Sink,
}
