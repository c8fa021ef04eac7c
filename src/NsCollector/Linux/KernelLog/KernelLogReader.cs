using NsCollector.Linux.Interop;

namespace NsCollector.Linux.KernelLog;

/// <summary>
/// Reads the kernel's log from /dev/kmsg (devkmsg_read in kernel/printk/printk.c), record by record, from the end of the
/// log at the time of opening. Reading does not affect other readers. Never blocks; allocates nothing after construction.
/// </summary>
internal sealed class KernelLogReader : IDisposable
{
    /// <summary>The device. The kernel has one log: there is no namespace for it.</summary>
    internal const string Device = "/dev/kmsg";

    // CONSOLE_EXT_LOG_MAX of include/linux/printk.h: the longest record that a read can return. Newer kernels have a lower limit.
    private const int MaxRecordBytes = 8192;

    private readonly byte[] _buffer = new byte[MaxRecordBytes];
    private int _descriptor;

    private KernelLogReader(int descriptor) => _descriptor = descriptor;

    /// <summary>Opens the device.</summary>
    /// <param name="error">0, or -errno: EPERM without CAP_SYSLOG if kernel.dmesg_restrict is set, ENOENT in a private /dev.</param>
    /// <returns>Null after an error.</returns>
    internal static KernelLogReader? OpenAtEnd(out int error)
    {
        int descriptor = Libc.Openat(Libc.AT_FDCWD, "/dev/kmsg\0"u8, Libc.O_NONBLOCK);
        error = Math.Min(descriptor, 0);
        if (descriptor < 0) return null;
        error = (int)Math.Min(Libc.Lseek(descriptor, 0, Libc.SEEK_END), 0);
        if (error == 0) return new KernelLogReader(descriptor);
        Libc.Close(descriptor);
        return null;
    }

    /// <summary>Reads the next record.</summary>
    /// <param name="record">Valid until the next call.</param>
    internal KernelLogRead Read(out KernelLogRecord record)
    {
        record = default;
        int length;
        do length = Libc.Read(_descriptor, _buffer);
        while (length == -Errno.EINTR);
        if (length > 0) return KernelLogRecord.TryParse(_buffer.AsSpan(0, length), out record) ? KernelLogRead.Record : KernelLogRead.Skipped;
        return length switch
        {
            -Errno.EAGAIN => KernelLogRead.End,
            -Errno.EPIPE => KernelLogRead.Overrun,

            // Longer than the buffer: the kernel skips to the next record.
            -Errno.EINVAL => KernelLogRead.Skipped,
            _ => KernelLogRead.Failed,
        };
    }

    /// <summary>Closes the device.</summary>
    public void Dispose()
    {
        if (_descriptor >= 0) Libc.Close(_descriptor);
        _descriptor = -1;
    }
}
