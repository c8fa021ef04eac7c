namespace NsCollector.Host.Check;

/// <summary>Small text files of the kernel, for checks: what cannot be read is null.</summary>
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
