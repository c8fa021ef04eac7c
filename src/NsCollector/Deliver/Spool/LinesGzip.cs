using System.IO.Compression;

namespace NsCollector.Deliver.Spool;

/// <summary>Makes one gzip stream (RFC 1952) after another out of lines, in memory that is used again. Used on one thread.</summary>
internal sealed class LinesGzip : IDisposable
{
    // Level 1: a cycle's lines are much alike, and what a higher level saves does not pay for its CPU time (docs/performance.md).
    private const CompressionLevel Level = CompressionLevel.Fastest;

    private readonly MemoryStream _compressed = new();
    private GZipStream? _stream;

    /// <summary>How many bytes of lines were added since the last <see cref="Finish"/>.</summary>
    internal int LineBytes { get; private set; }

    /// <summary>Adds lines.</summary>
    internal void Append(ReadOnlySpan<byte> lines)
    {
        if (_stream is null)
        {
            _compressed.SetLength(0);
            _stream = new GZipStream(_compressed, Level, leaveOpen: true);
        }

        _stream.Write(lines);
        LineBytes += lines.Length;
    }

    /// <summary>Ends the stream.</summary>
    /// <returns>Its bytes; they are overwritten by the next <see cref="Append"/>.</returns>
    internal ReadOnlyMemory<byte> Finish()
    {
        _stream?.Dispose();
        _stream = null;
        LineBytes = 0;
        return _compressed.GetBuffer().AsMemory(0, (int)_compressed.Length);
    }

    /// <summary>The lines of a stream that <see cref="Finish"/> gave.</summary>
    /// <param name="compressed">The stream.</param>
    /// <param name="lineBytes">How many bytes the lines are.</param>
    /// <returns>The lines; null where it is not such a stream of exactly that many bytes.</returns>
    internal static byte[]? Unpack(ReadOnlyMemory<byte> compressed, int lineBytes)
    {
        byte[] lines = new byte[lineBytes];
        try
        {
            using MemoryStream source = new(compressed.ToArray(), writable: false);
            using GZipStream stream = new(source, CompressionMode.Decompress);
            stream.ReadExactly(lines);
            return stream.ReadByte() < 0 ? lines : null;
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stream?.Dispose();
}
