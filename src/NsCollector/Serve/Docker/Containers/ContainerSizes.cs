using System.Text.Json;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>The sizes of a container's file system. Null: not known.</summary>
/// <param name="WritableBytes">What it has written.</param>
/// <param name="AllBytes">That and its image.</param>
internal sealed record ContainerSizes(long? WritableBytes, long? AllBytes)
{
    /// <summary>Writes the fields that are known and not zero, as dockerd does in lists.</summary>
    internal void Write(Utf8JsonWriter writer)
    {
        if (WritableBytes is > 0 and { } writable) writer.WriteNumber("SizeRw", writable);
        if (AllBytes is > 0 and { } all) writer.WriteNumber("SizeRootFs", all);
    }

    /// <summary>Writes the fields that are known.</summary>
    internal void WriteKnown(Utf8JsonWriter writer)
    {
        if (WritableBytes is { } writable) writer.WriteNumber("SizeRw", writable);
        if (AllBytes is { } all) writer.WriteNumber("SizeRootFs", all);
    }
}
