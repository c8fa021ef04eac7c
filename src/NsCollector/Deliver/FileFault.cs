namespace NsCollector.Deliver;

/// <summary>The step that failed and its errno.</summary>
/// <param name="Step">The step that failed.</param>
/// <param name="Errno">Positive errno; 0 if the kernel reported no error.</param>
internal readonly record struct FileFault(FileStep Step, int Errno)
{
    internal bool IsFault => Step != FileStep.None;

    /// <summary>A number for <see cref="Outage"/> that differs between faults that are reported separately.</summary>
    internal long Kind => ((long)Step << 32) | (uint)Errno;
}
