namespace NsCollector.Sample;

/// <summary>How the counters of a network namespace are read: <c>network.mode</c>.</summary>
public enum NetworkMode
{
    /// <summary>Visit if the kernel permits it, else Proc.</summary>
    Auto,

    /// <summary>setns(2) into each namespace.</summary>
    Visit,

    /// <summary>Reads /proc/PID/net without entering the namespace.</summary>
    Proc,

    /// <summary>Not at all.</summary>
    Off,
}
