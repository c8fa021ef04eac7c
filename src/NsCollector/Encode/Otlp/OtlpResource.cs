using NsCollector.Discover;
using NsCollector.Discover.Identify;

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
        List<KeyValuePair<string, string>> texts =
        [
            new("container.id", identity.Id),
            new("container.name", identity.DisplayName),
            new("container.runtime.name", RuntimeTag.Value(identity.Runtime)),
            new("host.name", options.Host),

            // Databases that keep only some resource attributes (Prometheus: job and instance) must not mix up containers.
            new("service.name", "nscollector"),
            new("service.instance.id", options.Host + "/" + identity.Id),
        ];
        string? tag = null;
        if (identity.Image is { Length: > 0 } image && !identity.ImageOverLimit)
        {
            (string name, tag) = SplitImage(image);
            texts.Add(new("container.image.name", name));
        }

        AddPresent(texts, "k8s.namespace.name", identity.Namespace);
        AddPresent(texts, "k8s.pod.name", identity.Pod);
        AddPresent(texts, "k8s.pod.uid", identity.PodUid);
        if (identity.PodUid is not null) AddPresent(texts, "k8s.container.name", identity.Name);
        texts.AddRange(options.StaticTags);
        foreach ((string orchestratorTag, string value) in identity.OrchestratorTags) texts.Add(AttributeOf(orchestratorTag, value));
        foreach ((string key, string value) in identity.Labels.IsDefault ? [] : identity.Labels)
        {
            if (options.Selection.ShowsLabel(key)) texts.Add(new("container.label." + key, value));
        }

        foreach ((string name, string value) in identity.Environment)
        {
            if (options.Selection.ShowsLabel(name)) texts.Add(new("container.env." + name, value));
        }

        return Join(texts, tag is null ? null : ("container.image.tags", tag), out leftOut);
    }

    /// <summary>The resource of the host and of the agent itself.</summary>
    internal static byte[] OfHost(EncodeOptions options)
    {
        List<KeyValuePair<string, string>> texts = [new("host.name", options.Host), new("service.name", "nscollector"), new("service.instance.id", options.Host)];
        texts.AddRange(options.StaticTags);
        return Join(texts, null, out _);
    }

    // registry:5000/name:tag@digest. The conventions have the tag in an attribute of its own; a digest stays in the name.
    private static (string Name, string? Tag) SplitImage(string image)
    {
        int colon = image.LastIndexOf(':');
        bool isTag = colon > 0 && colon > image.LastIndexOf('/') && !image.Contains('@', StringComparison.Ordinal) && colon < image.Length - 1;
        return isTag ? (image[..colon], image[(colon + 1)..]) : (image, null);
    }

    // The conventions have an attribute for each kind of owner: k8s.deployment.name. They have none for Compose and Swarm.
    private static KeyValuePair<string, string> AttributeOf(string tag, string value)
    {
        if (tag != OrchestratorTags.Owner) return new(tag.Replace('_', '.'), value);
        int slash = value.IndexOf('/', StringComparison.Ordinal);
        return new($"k8s.{value[..slash].ToLowerInvariant()}.name", value[(slash + 1)..]);
    }

    private static void AddPresent(List<KeyValuePair<string, string>> texts, string key, string? value)
    {
        if (!string.IsNullOrEmpty(value)) texts.Add(new(key, value));
    }

    // A key may be there only once (common.proto); the user's tags could repeat one. The first has precedence.
    private static byte[] Join(List<KeyValuePair<string, string>> texts, (string Key, string Value)? list, out int leftOut)
    {
        var bytes = new List<byte>(512);
        var keys = new HashSet<string>(StringComparer.Ordinal);
        leftOut = 0;
        if (list is { } one)
        {
            keys.Add(one.Key);
            bytes.AddRange(OtlpAttribute.List(Attributes, one.Key, one.Value));
        }

        foreach ((string key, string value) in texts)
        {
            if (!keys.Add(key)) continue;
            byte[] attribute = OtlpAttribute.Text(Attributes, key, value);
            if (bytes.Count + attribute.Length <= MaxBytes) bytes.AddRange(attribute);
            else leftOut++;
        }

        return Protobuf.Field(1, bytes.ToArray());
    }
}
