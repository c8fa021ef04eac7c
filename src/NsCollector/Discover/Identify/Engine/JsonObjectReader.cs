using System.Buffers;
using System.Text.Json;

namespace NsCollector.Discover.Identify.Engine;

/// <summary>
/// Splits a response body into its JSON objects, one at a time, so that an answer of many megabytes needs the memory of its
/// longest object: the elements of an array, or objects that follow each other, as events do. Used by one thread.
/// </summary>
/// <remarks>If the stream throws, nothing is lost: the next <see cref="Read"/> continues.</remarks>
/// <param name="stream">The body.</param>
/// <param name="isArray">Whether the objects are the elements of an array, which ends the body.</param>
/// <param name="maxObjectBytes">The longest object that is kept in memory.</param>
/// <param name="maxBytes">How many bytes are read: of the array, or of one event and the space before it.</param>
internal sealed class JsonObjectReader(Stream stream, bool isArray, int maxObjectBytes, long maxBytes) : IDisposable
{
    private const int InitialBytes = 16 * 1024;

    private readonly int _objectDepth = isArray ? 1 : 0;
    private JsonReaderState _state = new(new JsonReaderOptions { AllowMultipleValues = !isArray });
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(InitialBytes);
    private int _start, _parsed, _filled;
    private long _read;
    private bool _isInside, _isTooLong, _hasArrayEnded;

    /// <summary>Reads up to the end of the next object.</summary>
    /// <param name="json">The object. It is valid until the next call.</param>
    internal JsonObjectOutcome Read(out ReadOnlyMemory<byte> json)
    {
        json = default;
        if (!isArray && !_isInside) _read = _filled - _parsed;
        while (true)
        {
            switch (Parse())
            {
                case JsonObjectOutcome.Object:
                    json = _buffer.AsMemory(_start, _parsed - _start);
                    return JsonObjectOutcome.Object;
                case { } outcome:
                    return outcome;
            }

            if (!TryMakeRoom()) return JsonObjectOutcome.Malformed;
            int read = stream.Read(_buffer.AsSpan(_filled));
            if (read == 0) return (isArray ? _hasArrayEnded : !_isInside && _parsed == _filled) ? JsonObjectOutcome.End : JsonObjectOutcome.Cut;
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

    /// <summary>Parses what is in the buffer.</summary>
    /// <returns>Null if more bytes are needed.</returns>
    private JsonObjectOutcome? Parse()
    {
        var reader = new Utf8JsonReader(_buffer.AsSpan(_parsed, _filled - _parsed), isFinalBlock: false, _state);
        JsonObjectOutcome? outcome = null;
        try
        {
            while (outcome is null && reader.Read())
            {
                if (reader.CurrentDepth > _objectDepth) continue;
                switch (reader.TokenType)
                {
                    case JsonTokenType.StartObject when reader.CurrentDepth == _objectDepth:
                        _start = _parsed + (int)reader.TokenStartIndex;
                        _isInside = true;
                        break;
                    case JsonTokenType.EndObject when reader.CurrentDepth == _objectDepth:
                        bool isTooLong = _isTooLong || _parsed + (int)reader.BytesConsumed - _start > maxObjectBytes;
                        outcome = isTooLong ? JsonObjectOutcome.TooLong : JsonObjectOutcome.Object;
                        _isInside = _isTooLong = false;
                        break;
                    case JsonTokenType.StartArray or JsonTokenType.EndArray when isArray && reader.CurrentDepth == 0:
                        _hasArrayEnded = reader.TokenType == JsonTokenType.EndArray;
                        break;
                    default:
                        return JsonObjectOutcome.Malformed;
                }
            }
        }
        catch (JsonException)
        {
            return JsonObjectOutcome.Malformed;
        }

        _parsed += (int)reader.BytesConsumed;
        _state = reader.CurrentState;
        return outcome;
    }

    /// <summary>Makes room for more bytes; an object that is too long gives up its own.</summary>
    /// <returns>False if something other than a text is too long.</returns>
    private bool TryMakeRoom()
    {
        if (_isInside && _filled - _start > maxObjectBytes) _isTooLong = true;
        if (_filled - _parsed > maxObjectBytes && !TryDropText()) return false;
        int kept = _isInside && !_isTooLong ? _start : _parsed;
        byte[] target = _buffer;
        if (kept == _filled && _buffer.Length > 4 * InitialBytes) target = ArrayPool<byte>.Shared.Rent(InitialBytes);
        else if (_filled - kept == _buffer.Length) target = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        if (kept == 0 && target == _buffer) return true;
        Buffer.BlockCopy(_buffer, kept, target, 0, _filled - kept);
        if (target != _buffer) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = target;
        _start -= kept;
        _parsed -= kept;
        _filled -= kept;
        return true;
    }

    /// <summary>Utf8JsonReader needs a whole text in the buffer. Of one that is too long, only the opening quote is kept.</summary>
    private bool TryDropText()
    {
        Span<byte> unparsed = _buffer.AsSpan(_parsed, _filled - _parsed);
        int quote = unparsed.IndexOf((byte)'"');
        if (quote < 0) return false;
        bool isEscaped = false;
        foreach (byte b in unparsed[(quote + 1)..])
        {
            if (isEscaped) isEscaped = false;
            else if (b == '"') return false;
            else isEscaped = b == '\\';
        }

        _filled = _parsed + quote + 1;
        if (isEscaped) _buffer[_filled++] = (byte)'\\';
        return true;
    }
}
