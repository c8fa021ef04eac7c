using System.Buffers;

namespace NsCollector.Discover.Identify.Engine;

/// <summary>
/// Takes a body apart into the JSON objects that it is made of, one at a time, so that an answer of many megabytes takes
/// the memory of its longest object: those of an array, or those that come one after the other, as events do.
/// </summary>
/// <remarks>
/// It looks at brackets and quotes only: what is between them is judged by whoever parses the object. Used by one thread.
/// </remarks>
/// <param name="stream">The body; what it throws passes through.</param>
/// <param name="isArray">Whether the objects stand in an array, which ends the body.</param>
/// <param name="maxObjectBytes">The longest object that is held.</param>
/// <param name="maxBytes">How many bytes are read: of the array, or of one object and the space before it.</param>
internal sealed class JsonObjectReader(Stream stream, bool isArray, int maxObjectBytes, long maxBytes) : IDisposable
{
    private const int InitialBytes = 16 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(InitialBytes);
    private int _start, _next, _filled;
    private long _read;
    private Expected _expected = isArray ? Expected.Array : Expected.Object;

    private enum Expected
    {
        Array,
        ObjectOrEnd,
        Object,
        CommaOrEnd,
        Nothing,
    }

    /// <summary>Reads up to the end of the next object.</summary>
    /// <param name="json">The object, until the next call.</param>
    internal JsonObjectOutcome Read(out ReadOnlySpan<byte> json)
    {
        json = default;
        if (!isArray) _read = _filled - _next;
        _start = _next;
        int depth = 0;
        bool isText = false, isEscaped = false, isPassedOver = false;
        while (true)
        {
            while (_next < _filled)
            {
                byte b = _buffer[_next++];
                if (depth == 0)
                {
                    if (b is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
                    {
                        _start = _next;
                        continue;
                    }

                    if (!TryBegin(b, ref depth)) return JsonObjectOutcome.Malformed;
                    if (depth == 0) _start = _next;
                }
                else if (isText)
                {
                    if (isEscaped) isEscaped = false;
                    else if (b == '\\') isEscaped = true;
                    else if (b == '"') isText = false;
                }
                else if (b == '"')
                {
                    isText = true;
                }
                else if (b is (byte)'{' or (byte)'[')
                {
                    depth++;
                }
                else if (b is (byte)'}' or (byte)']' && --depth == 0)
                {
                    if (isArray) _expected = Expected.CommaOrEnd;
                    if (isPassedOver || _next - _start > maxObjectBytes) return JsonObjectOutcome.TooLong;
                    json = _buffer.AsSpan(_start, _next - _start);
                    return JsonObjectOutcome.Object;
                }
            }

            if (_filled - _start > maxObjectBytes) isPassedOver = true;
            if (isPassedOver) _start = _filled;
            MakeRoom();
            int read = stream.Read(_buffer.AsSpan(_filled));
            if (read == 0)
            {
                bool mayEnd = isArray ? _expected == Expected.Nothing : depth == 0;
                return mayEnd ? JsonObjectOutcome.End : JsonObjectOutcome.Cut;
            }

            _filled += read;
            _read += read;
            if (_read > maxBytes) return JsonObjectOutcome.TooLarge;
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private bool TryBegin(byte b, ref int depth)
    {
        switch (_expected)
        {
            case Expected.Array when b == '[':
                _expected = Expected.ObjectOrEnd;
                return true;
            case Expected.Object or Expected.ObjectOrEnd when b == '{':
                depth = 1;
                return true;
            case Expected.CommaOrEnd when b == ',':
                _expected = Expected.Object;
                return true;
            case Expected.CommaOrEnd or Expected.ObjectOrEnd when b == ']':
                _expected = Expected.Nothing;
                return true;
            default:
                return false;
        }
    }

    private void MakeRoom()
    {
        int held = _filled - _start;
        if (held == 0)
        {
            _start = _next = _filled = 0;
            // What one long event needed is not kept for the life of the connection.
            if (_buffer.Length <= 4 * InitialBytes) return;
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = ArrayPool<byte>.Shared.Rent(InitialBytes);
            return;
        }

        if (_filled < _buffer.Length) return;
        byte[] target = _start > 0 && held <= _buffer.Length / 2 ? _buffer : ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        Buffer.BlockCopy(_buffer, _start, target, 0, held);
        if (target != _buffer) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = target;
        _next -= _start;
        _filled = held;
        _start = 0;
    }
}
