using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using NsCollector.Deliver.Spool;
using NsCollector.Linux.Interop;

namespace NsCollector.Host.Inventory;

/// <summary>Reads spool files for the operator. Unlike the agent it also reads the intact lines of a damaged file.</summary>
internal static class SpoolReader
{
    // Four times the maximum of [spool] file_size; gzip never enlarges that much.
    private const int MaxFileBytes = 256 << 20;

    // The maximum of [encode] batch_size, so longer than any line.
    private const int MaxLineBytes = 16 << 20;

    /// <summary>Whether a file differs from the checksum in its name. A file that cannot be read, or is gone, is not damaged.</summary>
    internal static bool IsDamaged(SpooledFile file)
    {
        byte[]? bytes = TryRead(file.Path, out _);
        return bytes is not null && Crc32C.Of(bytes) != file.Name.Crc32C;
    }

    /// <summary>Decompresses a file and writes its whole lines, up to the damage if there is one.</summary>
    /// <param name="path">The file. If it has the name of a spool file, size and checksum are compared with the name.</param>
    /// <param name="output">Receives the lines. Its IOException is not caught.</param>
    /// <returns>What is wrong with the file; empty if nothing is.</returns>
    internal static string CopyLines(string path, Stream output)
    {
        if (TryRead(path, out string problem) is not { } bytes) return problem;
        bool isNamed = SpoolInventory.TryParse(Path.GetFileName(path), out SpoolFileName name, out _);
        if (isNamed && name.Format == SpoolFormat.Otlp) return "contains OTLP metrics, not lines; zcat decompresses it, and any tool for protocol buffers shows the ExportMetricsServiceRequest";
        string damage = Decompress(bytes, isNamed ? name.LineBytes : long.MaxValue, output, out long lineBytes);
        if (damage.Length > 0) return damage;
        if (!isNamed) return "";
        if (lineBytes != name.LineBytes) return $"damaged: it holds {lineBytes} bytes of lines, but its name says {name.LineBytes}";
        return Crc32C.Of(bytes) == name.Crc32C ? "" : "damaged: the checksum differs from the one in its name, so the printed lines may be wrong";
    }

    private static string Decompress(byte[] bytes, long maxBytes, Stream output, out long lineBytes)
    {
        const string Truncated = "damaged: cannot read what follows the printed lines";
        lineBytes = 0;
        byte[] buffer = new byte[64 * 1024];
        int filled = 0;
        using MemoryStream source = new(bytes, writable: false);
        using GZipStream stream = new(source, CompressionMode.Decompress);
        while (true)
        {
            int read;
            try
            {
                read = stream.Read(buffer, filled, buffer.Length - filled);
            }
            catch (InvalidDataException)
            {
                return Truncated;
            }

            if (read == 0) return filled == 0 ? "" : Truncated;
            filled += read;
            int whole = buffer.AsSpan(0, filled).LastIndexOf((byte)'\n') + 1;
            if (lineBytes + whole > maxBytes) return "damaged: it holds more bytes of lines than its name says";
            output.Write(buffer, 0, whole);
            lineBytes += whole;
            buffer.AsSpan(whole, filled - whole).CopyTo(buffer);
            filled -= whole;
            if (filled < buffer.Length) continue;
            if (buffer.Length >= MaxLineBytes) return "damaged: a line is longer than the maximum size of a batch";
            Array.Resize(ref buffer, buffer.Length * 2);
        }
    }

    private static byte[]? TryRead(string path, out string problem)
    {
        problem = "";

        // Without O_NONBLOCK, opening a pipe would wait for its writer.
        int descriptor = Libc.Openat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(path + "\0"), Libc.O_RDONLY | Libc.O_NONBLOCK);
        if (descriptor < 0)
        {
            problem = $"cannot open this file: {Marshal.GetPInvokeErrorMessage(-descriptor)}";
            return null;
        }

        try
        {
            int result = Libc.Statx(descriptor, "\0"u8, out FileStatus status);
            if (result < 0) problem = $"cannot stat this file: {Marshal.GetPInvokeErrorMessage(-result)}";
            else if (!status.IsRegularFile) problem = "not a regular file";
            else if (status.Size > MaxFileBytes) problem = "larger than a spool file can be";
            if (problem.Length > 0) return null;

            byte[] bytes = new byte[status.Size];
            int length = Libc.PreadFully(descriptor, bytes);
            if (length >= 0) return bytes[..length];
            problem = $"cannot read this file: {Marshal.GetPInvokeErrorMessage(-length)}";
            return null;
        }
        finally
        {
            Libc.Close(descriptor);
        }
    }
}
