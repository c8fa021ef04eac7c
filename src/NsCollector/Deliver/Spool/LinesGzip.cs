using System.IO.Compression;

namespace NsCollector.Deliver.Spool;

/// <summary>Compresses lines into gzip streams (RFC 1952), one after another, in reused memory. Not thread-safe.</summary>
internal sealed class LinesGzip : IDisposable
{
    // Level 1: the lines of a cycle are similar, and a higher level saves too little for its CPU time (docs/performance.md).
    private const CompressionLevel Level = CompressionLevel.Fastest;

    private readonly MemoryStream _compressed = new();
    private GZipStream? _stream;

    /// <summary>Bytes of lines added since the last <see cref="Finish"/>.</summary>
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
    /// <returns>Its bytes, valid until the next <see cref="Append"/>.</returns>
    internal ReadOnlyMemory<byte> Finish()
    {
        _stream?.Dispose();
        _stream = null;
        LineBytes = 0;
        return _compressed.GetBuffer().AsMemory(0, (int)_compressed.Length);
    }

    /// <summary>Decompresses a stream of <see cref="Finish"/>.</summary>
    /// <param name="compressed">The stream.</param>
    /// <param name="lineBytes">The uncompressed length in bytes.</param>
    /// <returns>The lines; null if it is not a gzip stream of exactly that length.</returns>
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
