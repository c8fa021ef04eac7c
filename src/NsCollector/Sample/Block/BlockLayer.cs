namespace NsCollector.Sample.Block;

/// <summary>What lies directly below one block device.</summary>
internal sealed class BlockLayer
{
    /// <summary>The disks below, as <see cref="BlockDirectory.Select"/> has them; empty if the device is not stacked.</summary>
    internal ulong[] Lower { get; set; } = [];

    /// <summary>What is charged to them.</summary>
    internal LayerRule Rule { get; set; } = LayerRule.Nothing;

    /// <summary>Something lies below and is not known, such as the disk under the file of a loop device.</summary>
    internal bool IsLowerUnknown { get; set; }

    /// <summary>Whether a container has shown that reads are not charged below (<see cref="LayerRule.IsOneToOne"/>).</summary>
    internal bool ReadsAreFree { get; set; }

    /// <summary>Whether a container has shown that writes are not charged below (<see cref="LayerRule.IsOneToOne"/>).</summary>
    internal bool WritesAreFree { get; set; }

    /// <summary>Whether it has, or had, anything below.</summary>
    internal bool IsStacked => Lower.Length > 0 || IsLowerUnknown;

    /// <summary>Hash of all that decides what lies below; it is read again when this changes.</summary>
    internal ulong Fingerprint { get; set; }

    /// <summary>Hash of what stays the same as long as it is the same device; 0 if the kernel does not say.</summary>
    internal ulong Identity { get; set; }

    /// <summary>When it was read, on the monotonic clock.</summary>
    internal long ReadNs { get; set; }

    /// <summary>When it was last checked whether anything has changed, on the monotonic clock.</summary>
    internal long CheckedNs { get; set; }

    /// <summary>How often it was read again in a row because <see cref="IsLowerUnknown"/>, and still is.</summary>
    internal int FailedRetries { get; set; }
}
