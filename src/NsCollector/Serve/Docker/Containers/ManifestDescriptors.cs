using System.Buffers;
using System.Text.Json;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>The field <c>ImageManifestDescriptor</c>: the descriptor in config.v2.json, completed by the platform beside it (Docker 28 and later).</summary>
internal static class ManifestDescriptors
{
    /// <summary>The descriptor as JSON.</summary>
    /// <param name="config">config.v2.json.</param>
    /// <returns>Empty if the image is not in containerd's store.</returns>
    internal static ReadOnlyMemory<byte> Of(StateElement config)
    {
        StateElement manifest = config["ImageManifest"], platform = config["ImagePlatform"];
        if (manifest.Json.ValueKind != JsonValueKind.Object) return default;
        var text = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(text);
        writer.WriteStartObject();
        foreach ((string key, StateElement value) in manifest.Members)
        {
            if (key == "platform") continue;
            writer.WritePropertyName(key);
            value.Json.WriteTo(writer);
        }

        StateElement own = manifest["platform"].Exists ? manifest["platform"] : platform;
        if (own.Exists)
        {
            writer.WritePropertyName("platform");
            own.Json.WriteTo(writer);
        }

        writer.WriteEndObject();
        writer.Flush();
        return text.WrittenMemory;
    }
}
