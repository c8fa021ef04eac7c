using System.Text;
using NsCollector.Deliver.Spool;

namespace NsCollector.Tests.Host.Inventory;

/// <summary>Writes spool files like the agent.</summary>
internal static class SpoolFiles
{
    /// <summary>Writes a spool file.</summary>
    /// <param name="spool">The directory of the spool.</param>
    /// <param name="sink">The sink.</param>
    /// <param name="sequence">Its number in the order of collection.</param>
    /// <param name="lines">Its lines, each with a newline.</param>
    /// <param name="age">Its age.</param>
    /// <returns>Its path.</returns>
    internal static string Write(string spool, string sink, long sequence, string lines, TimeSpan age = default)
    {
        using LinesGzip gzip = new();
        byte[] bytes = Encoding.UTF8.GetBytes(lines);
        gzip.Append(bytes);
        byte[] compressed = gzip.Finish().ToArray();
        using SpoolLock spoolLock = new(spool);
        SpoolDirectory directory = new(spoolLock, sink, SpoolSync.Never);
        Assert.Equal(0, directory.Open());
        SpoolFileName name = new(sequence, bytes.Count(one => one == (byte)'\n'), bytes.Length, Crc32C.Of(compressed));
        Assert.Equal(0, directory.Write(name, compressed));
        string path = Path.Join(directory.Path, name.ToString());
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow - age);
        return path;
    }

    /// <summary>Overwrites a byte in the middle of a file.</summary>
    internal static void Damage(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 2] ^= 0xFF;
        File.WriteAllBytes(path, bytes);
    }
}
