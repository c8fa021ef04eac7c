namespace NsCollector.Deliver;

/// <summary>What failed and why.</summary>
/// <param name="Step">What was being done.</param>
/// <param name="Errno">The kernel's answer, positive; 0 where the kernel had no objection.</param>
internal readonly record struct FileFault(FileStep Step, int Errno)
{
    internal bool IsFault => Step != FileStep.None;

    /// <summary>A number that differs between faults worth telling apart.</summary>
    internal long Kind => ((long)Step << 32) | (uint)Errno;
}
