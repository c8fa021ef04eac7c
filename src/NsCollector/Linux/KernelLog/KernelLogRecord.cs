using System.Buffers.Text;

namespace NsCollector.Linux.KernelLog;

/// <summary>
/// One record of /dev/kmsg: <c>PRIORITY,SEQUENCE,MICROSECONDS,FLAGS[,caller=ID];TEXT</c>, then lines with the keys of a device
/// (Documentation/ABI/testing/dev-kmsg; info_print_ext_header and msg_print_ext_body in kernel/printk/printk.c).
/// </summary>
internal readonly ref struct KernelLogRecord
{
    private KernelLogRecord(ulong priority, ulong sequence, long timeUs, bool isContinuation, ReadOnlySpan<byte> caller, ReadOnlySpan<byte> text)
    {
        IsFromKernel = priority >> 3 == 0;
        Sequence = sequence;
        TimeUs = timeUs;
        IsContinuation = isContinuation;
        Caller = caller;
        Text = text;
    }

    /// <summary>Whether the facility is the kernel's. A record that a process writes never has it (devkmsg_write).</summary>
    internal bool IsFromKernel { get; }

    /// <summary>The sequence number, which increases by one with each record.</summary>
    internal ulong Sequence { get; }

    /// <summary>When it was logged, on the kernel's local clock, in microseconds since boot.</summary>
    internal long TimeUs { get; }

    /// <summary>Whether it continues a line (KERN_CONT) that another record separated from its beginning.</summary>
    internal bool IsContinuation { get; }

    /// <summary>The thread or processor that logged it (CONFIG_PRINTK_CALLER); empty if the kernel does not log it.</summary>
    internal ReadOnlySpan<byte> Caller { get; }

    /// <summary>The text with its escapes, so it never contains a line feed (<see cref="KernelLogText"/>).</summary>
    internal ReadOnlySpan<byte> Text { get; }

    /// <returns>False if it is malformed.</returns>
    internal static bool TryParse(ReadOnlySpan<byte> bytes, out KernelLogRecord record)
    {
        record = default;
        int semicolon = bytes.IndexOf((byte)';');
        if (semicolon < 0) return false;
        ReadOnlySpan<byte> head = bytes[..semicolon], text = bytes[(semicolon + 1)..];
        int lineFeed = text.IndexOf((byte)'\n');
        if (lineFeed < 0) return false;
        if (!TryNumber(ref head, out ulong priority) || !TryNumber(ref head, out ulong sequence) || !TryNumber(ref head, out ulong timeUs)) return false;
        int comma = head.IndexOf((byte)',');
        ReadOnlySpan<byte> flags = comma < 0 ? head : head[..comma], caller = comma < 0 ? default : head[(comma + 1)..];
        if (!caller.StartsWith("caller="u8)) caller = default;
        record = new KernelLogRecord(priority, sequence, (long)(timeUs & long.MaxValue), flags.Contains((byte)'c'), caller, text[..lineFeed]);
        return true;
    }

    private static bool TryNumber(ref ReadOnlySpan<byte> head, out ulong value)
    {
        if (!Utf8Parser.TryParse(head, out value, out int used) || used >= head.Length || head[used] != (byte)',') return false;
        head = head[(used + 1)..];
        return true;
    }
}
