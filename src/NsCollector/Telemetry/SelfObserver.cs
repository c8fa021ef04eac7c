using System.Buffers.Text;
using NsCollector.Catalogue;
using NsCollector.Linux.Interop;

namespace NsCollector.Telemetry;

/// <summary>
/// Reads memory, threads, descriptors, CPU time and garbage collections of this process. Allocates nothing after construction.
/// Not thread-safe.
/// </summary>
internal sealed class SelfObserver : IDisposable
{
    private readonly byte[] _buffer = new byte[1024];
    private readonly int _stat;
    private readonly int _fds;

    /// <summary>Opens files of /proc/self; a file that cannot be opened gives no readings.</summary>
    public SelfObserver()
    {
        _stat = Libc.Openat(Libc.AT_FDCWD, "/proc/self/stat\0"u8);
        _fds = Libc.Openat(Libc.AT_FDCWD, "/proc/self/fd\0"u8, Libc.O_DIRECTORY | Libc.O_PATH);
    }

    /// <summary>Sets the readings of this process.</summary>
    public void Observe(AgentSnapshot snapshot)
    {
        long cpu = Libc.ClockGettime(Libc.CLOCK_PROCESS_CPUTIME_ID);
        if (cpu >= 0) snapshot.Set(AgentReading.ProcessCpuNs, cpu);
        snapshot.Set(AgentReading.GcCollections, GC.CollectionCount(0));
        snapshot.Set(AgentReading.AllocatedBytes, GC.GetTotalAllocatedBytes(precise: false));
        ObserveStat(snapshot);
        // Since kernel 6.2 the size of /proc/PID/fd is the number of descriptors (fs/proc/fd.c, proc_readfd_count);
        // before that it is 0, and counting entries by readdir would cost more than a cycle.
        if (_fds >= 0 && Libc.Statx(_fds, "\0"u8, out FileStatus status) == 0 && status.Size > 0) snapshot.Set(AgentReading.FdsOpen, status.Size);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_stat >= 0) Libc.Close(_stat);
        if (_fds >= 0) Libc.Close(_fds);
    }

    private void ObserveStat(AgentSnapshot snapshot)
    {
        if (_stat < 0) return;
        int length = Libc.Pread(_stat, _buffer, 0);
        if (length <= 0) return;
        ReadOnlySpan<byte> text = _buffer.AsSpan(0, length);
        // Field 2, the command, is in parentheses and may contain any byte, parentheses included; field 3 follows the last ')'.
        int field = 2;
        text = text[(text.LastIndexOf((byte)')') + 1)..];
        while (text.IndexOf((byte)' ') is >= 0 and int space)
        {
            text = text[(space + 1)..];
            field++;
            if (field is not (20 or 24) || !Utf8Parser.TryParse(text, out long value, out _)) continue;
            if (field == 20) snapshot.Set(AgentReading.Threads, value);
            else snapshot.Set(AgentReading.RssBytes, value * Environment.SystemPageSize);
            if (field == 24) return;
        }
    }
}
