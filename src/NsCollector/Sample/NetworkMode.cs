namespace NsCollector.Sample;

/// <summary>How the counters of a network namespace are reached.</summary>
public enum NetworkMode
{
    /// <summary>By visit where the kernel permits it, else by procfs.</summary>
    Auto,

    /// <summary>setns(2) into each namespace.</summary>
    Visit,

    /// <summary>/proc/PID/net, without entering.</summary>
    Proc,

    /// <summary>Not at all.</summary>
    Off,
}
