using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using NsCollector.Deliver.Spool;
using NsCollector.Linux.Interop;

namespace NsCollector.Host.Inventory;

/// <summary>Reads spool files for the operator; unlike the agent, also what is still whole of a damaged one.</summary>
internal static class SpoolReader
{
    // Four times [spool] file_size at its largest: what is compressed is never larger than that.
    private const int MaxFileBytes = 256 << 20;

    // As large as a batch can be ([encode] batch_size), so longer than any line.
    private const int MaxLineBytes = 16 << 20;

    /// <summary>Whether the bytes of a file are those that were written, by its name. A file that cannot be read, or is gone, counts as whole.</summary>
    internal static bool IsDamaged(SpooledFile file)
    {
        byte[]? bytes = TryRead(file.Path, out _);
        return bytes is not null && Crc32C.Of(bytes) != file.Name.Crc32C;
    }

    /// <summary>Writes the lines of a file, decompressed: all whole lines up to where it is damaged.</summary>
    /// <param name="path">The file; where its name is that of a spool file it is compared with what that promises.</param>
    /// <param name="output">Where to; may throw IOException.</param>
    /// <returns>What is wrong with the file; empty where nothing is.</returns>
    internal static string CopyLines(string path, Stream output)
    {
        if (TryRead(path, out string problem) is not { } bytes) return problem;
        bool isNamed = SpoolInventory.TryParse(Path.GetFileName(path), out SpoolFileName name, out _);
        string unpacked = Unpack(bytes, isNamed ? name.LineBytes : long.MaxValue, output, out long lineBytes);
        if (unpacked.Length > 0) return unpacked;
        if (!isNamed) return "";
        if (lineBytes != name.LineBytes) return $"it is damaged: it holds {lineBytes} bytes of lines, and its name says {name.LineBytes}";
        return Crc32C.Of(bytes) == name.Crc32C ? "" : "it is damaged: its checksum is not the one in its name, so what was printed may be wrong";
    }

    private static string Unpack(byte[] bytes, long maxBytes, Stream output, out long lineBytes)
    {
        const string Cut = "it is damaged: what comes after the lines that were printed cannot be read";
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
                return Cut;
            }

            if (read == 0) return filled == 0 ? "" : Cut;
            filled += read;
            int whole = buffer.AsSpan(0, filled).LastIndexOf((byte)'\n') + 1;
            if (lineBytes + whole > maxBytes) return "it is damaged: it holds more than its name says";
            output.Write(buffer, 0, whole);
            lineBytes += whole;
            buffer.AsSpan(whole, filled - whole).CopyTo(buffer);
            filled -= whole;
            if (filled < buffer.Length) continue;
            if (buffer.Length >= MaxLineBytes) return "it is damaged: a line in it is longer than any can be";
            Array.Resize(ref buffer, buffer.Length * 2);
        }
    }

    private static byte[]? TryRead(string path, out string problem)
    {
        problem = "";

        // Without O_NONBLOCK a pipe would keep us waiting for its writer.
        int descriptor = Libc.Openat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(path + "\0"), Libc.O_RDONLY | Libc.O_NONBLOCK);
        if (descriptor < 0)
        {
            problem = $"it cannot be opened: {Marshal.GetPInvokeErrorMessage(-descriptor)}";
            return null;
        }

        try
        {
            int looked = Libc.Statx(descriptor, "\0"u8, out FileStatus status);
            if (looked < 0) problem = $"it cannot be looked at: {Marshal.GetPInvokeErrorMessage(-looked)}";
            else if (!status.IsRegularFile) problem = "it is not a regular file";
            else if (status.Size > MaxFileBytes) problem = "it is larger than a spool file can be";
            if (problem.Length > 0) return null;

            byte[] bytes = new byte[status.Size];
            int length = 0;
            while (length < bytes.Length)
            {
                int read = Libc.Read(descriptor, bytes.AsSpan(length));
                if (read == -Errno.EINTR) continue;
                if (read < 0)
                {
                    problem = $"it cannot be read: {Marshal.GetPInvokeErrorMessage(-read)}";
                    return null;
                }

                if (read == 0) break;
                length += read;
            }

            return bytes[..length];
        }
        finally
        {
            Libc.Close(descriptor);
        }
    }
}
