namespace NsCollector.Sample.Block;

/// <summary>
/// How often the kernel charges a byte that goes to a stacked device again to the devices below, in the same cgroup. Measured
/// for each kind of device (docs/decisions/0017-block-totals.md).
/// </summary>
/// <param name="Read">For bytes read: a number of times, or <see cref="Each"/>.</param>
/// <param name="Write">For bytes written: a number of times, or <see cref="Each"/>.</param>
internal readonly record struct LayerRule(int Read, int Write)
{
    /// <summary>Up to once on each device below, however many there are.</summary>
    internal const int Each = -1;

    /// <summary>Nothing is charged below: the requests are the kernel's own there, or they bypass the accounting.</summary>
    internal static LayerRule Nothing { get; } = new(0, 0);

    /// <summary>Every byte is charged once more, to one of the devices below.</summary>
    internal static LayerRule Once { get; } = new(1, 1);

    /// <summary>
    /// Every byte goes down unchanged, to one device, and is charged there or not: kernels differ. A container whose lower
    /// device was charged less than the stacked one shows that this kernel does not.
    /// </summary>
    internal bool IsOneToOne { get; init; }
}
