using NsCollector.Linux.KernelLog;

namespace NsCollector.Sample.Oom;

/// <summary>
/// A line that the kernel logs in pieces (pr_cont). The pieces are one record, unless another thread logs in between or the record would
/// be longer than the kernel allows. Then the rest follows in separate records.
/// </summary>
internal sealed class JoinedLine
{
    private const int MaxBytes = 8192;
    private const int MaxCallerBytes = 32;

    private readonly byte[] _text = new byte[MaxBytes];
    private readonly byte[] _caller = new byte[MaxCallerBytes];
    private int _length, _callerLength;
    private ulong _sequence;
    private bool _isOpen;

    internal bool IsEmpty => _length == 0;

    internal ReadOnlySpan<byte> Text => _text.AsSpan(0, _length);

    internal void Clear()
    {
        _length = 0;
        _isOpen = false;
    }

    /// <summary>Begins a line with a record that is not a continuation.</summary>
    internal void Begin(in KernelLogRecord first)
    {
        Clear();
        _isOpen = true;
        _callerLength = Math.Min(first.Caller.Length, MaxCallerBytes);
        first.Caller[.._callerLength].CopyTo(_caller);
        Append(first);
    }

    /// <summary>Appends a continuation if it belongs to this line: it has the same caller or, if the kernel does not log callers, it is the next record.</summary>
    internal bool TryAppend(in KernelLogRecord continuation)
    {
        if (!_isOpen || (_callerLength == 0 ? continuation.Sequence != _sequence + 1 : !IsOfCaller(continuation))) return false;
        Append(continuation);
        return true;
    }

    /// <summary>Closes the line before a record that is not a continuation, if it has the same caller or the kernel does not log callers.</summary>
    internal void CloseBefore(in KernelLogRecord next)
    {
        if (_callerLength == 0 || IsOfCaller(next)) _isOpen = false;
    }

    private bool IsOfCaller(in KernelLogRecord record) => record.Caller.SequenceEqual(_caller.AsSpan(0, _callerLength));

    private void Append(in KernelLogRecord record)
    {
        _sequence = record.Sequence;
        if (record.Text.Length > MaxBytes - _length)
        {
            // A truncated line could be read as another one.
            Clear();
            return;
        }

        record.Text.CopyTo(_text.AsSpan(_length));
        _length += record.Text.Length;
    }
}
