using NsCollector.Discover;

namespace NsCollector.Encode.Otlp;

/// <summary>Resource attributes by the semantic conventions (attributes = 1 of Resource, resource.proto).</summary>
internal static class OtlpResource
{
    private const int Attributes = 1;

    // Labels may be long. A batch must hold the resource and a point.
    private const int MaxBytes = 16 << 10;

    /// <summary>The resource of a container, as the field resource of ResourceMetrics.</summary>
    /// <param name="container">The container.</param>
    /// <param name="options">The host's name and the user's own tags.</param>
    /// <param name="leftOut">How many attributes did not fit.</param>
    internal static byte[] OfContainer(Container container, EncodeOptions options, out int leftOut)
    {
        ContainerIdentity identity = container.Identity;
        var attributes = new List<byte[]>
        {
            Text("container.id", identity.Id),
            Text("container.name", identity.DisplayName),
            Text("container.runtime.name", RuntimeTag.Value(identity.Runtime)),
            Text("host.name", options.Host),

            // Databases that keep only some resource attributes (Prometheus: job and instance) must not mix up containers.
            Text("service.name", "nscollector"),
            Text("service.instance.id", options.Host + "/" + identity.Id),
        };
        if (identity.Image is { Length: > 0 } image && !identity.ImageOverLimit)
        {
            (string name, string? tag) = SplitImage(image);
            attributes.Add(Text("container.image.name", name));
            if (tag is not null) attributes.Add(OtlpAttribute.List(Attributes, "container.image.tags", tag));
        }

        AddPresent(attributes, "k8s.namespace.name", identity.Namespace);
        AddPresent(attributes, "k8s.pod.name", identity.Pod);
        AddPresent(attributes, "k8s.pod.uid", identity.PodUid);
        if (identity.PodUid is not null) AddPresent(attributes, "k8s.container.name", identity.Name);
        foreach ((string key, string value) in options.StaticTags) attributes.Add(Text(key, value));
        if (!identity.Labels.IsDefaultOrEmpty)
        {
            foreach ((string key, string value) in identity.Labels) attributes.Add(Text("container.label." + key, value));
        }

        return Join(attributes, out leftOut);
    }

    /// <summary>The resource of the host and of the agent itself.</summary>
    internal static byte[] OfHost(EncodeOptions options)
    {
        List<byte[]> attributes = [Text("host.name", options.Host), Text("service.name", "nscollector"), Text("service.instance.id", options.Host)];
        foreach ((string key, string value) in options.StaticTags) attributes.Add(Text(key, value));
        return Join(attributes, out _);
    }

    // registry:5000/name:tag@digest. The conventions have the tag in an attribute of its own; a digest stays in the name.
    private static (string Name, string? Tag) SplitImage(string image)
    {
        int colon = image.LastIndexOf(':');
        bool isTag = colon > 0 && colon > image.LastIndexOf('/') && !image.Contains('@', StringComparison.Ordinal) && colon < image.Length - 1;
        return isTag ? (image[..colon], image[(colon + 1)..]) : (image, null);
    }

    private static byte[] Text(string key, string value) => OtlpAttribute.Text(Attributes, key, value);

    private static void AddPresent(List<byte[]> attributes, string key, string? value)
    {
        if (!string.IsNullOrEmpty(value)) attributes.Add(Text(key, value));
    }

    private static byte[] Join(List<byte[]> attributes, out int leftOut)
    {
        var bytes = new List<byte>(512);
        leftOut = 0;
        foreach (byte[] attribute in attributes)
        {
            if (bytes.Count + attribute.Length <= MaxBytes) bytes.AddRange(attribute);
            else leftOut++;
        }

        return Protobuf.Field(1, bytes.ToArray());
    }
}
