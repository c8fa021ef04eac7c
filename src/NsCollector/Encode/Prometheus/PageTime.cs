namespace NsCollector.Encode.Prometheus;

/// <summary>A time of a container that is not a reading of its sample.</summary>
internal enum PageTime
{
    /// <summary>The source is a reading.</summary>
    None,

    /// <summary>When it was sampled.</summary>
    Sampled,

    /// <summary>When its cgroup was created.</summary>
    Created,

    /// <summary>When it exited.</summary>
    Exited,
}
