namespace NsCollector.Host.Check;

/// <summary>Reads small text files of the kernel; null if a file cannot be read.</summary>
internal static class TextFile
{
    internal static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return null;
        }
    }
}
