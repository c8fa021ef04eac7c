namespace NsCollector.Sample.Cgroup;

/// <summary>What bounds the number of held files.</summary>
internal enum HeldFilesBound
{
    /// <summary>The limit on open files.</summary>
    Descriptors,

    /// <summary>The memory that the agent's cgroup may be charged.</summary>
    Memory,

    /// <summary><see cref="SampleOptions.MaxHeldFiles"/>.</summary>
    Configuration,
}
