namespace NsCollector.Deliver.Influx;

/// <summary>The walking version: keeps nothing.</summary>
internal sealed class RefusedFile(string path, long maxBytes)
{
    internal int Append(ReadOnlySpan<byte> line, string reason, DateTimeOffset now) => path.Length + maxBytes + line.Length + reason.Length + now.Ticks > 0 ? 0 : -1;
}
