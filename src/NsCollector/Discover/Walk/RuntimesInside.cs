using NsCollector.Discover.Recognise;

namespace NsCollector.Discover.Walk;

/// <summary>Which runtimes run in a container, by their programs there. Reused for other containers.</summary>
internal sealed class RuntimesInside
{
    /// <summary>How many processes of one program are kept, and how many of one runtime are returned.</summary>
    private const int MaxOfProgram = 4;

    // A row for each program; 0: no process.
    private readonly int[] _pids = new int[RuntimePrograms.Count * MaxOfProgram];

    /// <summary>When this was found, in milliseconds of the monotonic clock.</summary>
    internal long AtMs { get; private set; }

    /// <summary>The runtimes, as a set of bits, <c>1 &lt;&lt; (int)runtime</c>.</summary>
    internal int Runtimes { get; set; }

    /// <summary>Begins again.</summary>
    internal void Clear(long nowMs)
    {
        AtMs = nowMs;
        Runtimes = 0;
        Array.Clear(_pids);
    }

    /// <summary>Adds a process.</summary>
    /// <param name="pid">Its pid.</param>
    /// <param name="program">The number of its program (<see cref="RuntimePrograms.Find"/>); negative: none of a runtime.</param>
    internal void Add(int pid, int program)
    {
        Runtimes |= RuntimePrograms.RuntimesOf(program);
        if (program < 0) return;
        int free = _pids.AsSpan(program * MaxOfProgram, MaxOfProgram).IndexOf(0);
        if (free >= 0) _pids[(program * MaxOfProgram) + free] = pid;
    }

    /// <summary>The pids of a runtime's programs, a few at most, those that know most of its containers first.</summary>
    internal int[] ProgramsOf(ContainerRuntime runtime)
    {
        Span<int> found = stackalloc int[MaxOfProgram];
        int count = 0;
        for (int i = 0; i < _pids.Length && count < found.Length; i++)
        {
            if (_pids[i] != 0 && (RuntimePrograms.RuntimesOf(i / MaxOfProgram) & (1 << (int)runtime)) != 0) found[count++] = _pids[i];
        }

        return found[..count].ToArray();
    }
}
