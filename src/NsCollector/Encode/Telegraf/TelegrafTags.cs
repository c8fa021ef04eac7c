using NsCollector.Discover;
using NsCollector.Encode.LineProtocol;

namespace NsCollector.Encode.Telegraf;

/// <summary>The tags of a container in Telegraf's schema.</summary>
internal static class TelegrafTags
{
    // Tags that points get later; a label with such a key is renamed.
    private static readonly string[] Reserved = ["cpu", "network", "device", "container_status"];

    /// <summary>Builds them. <c>container_status</c> is not one of them, because it changes.</summary>
    internal static ContainerTags Of(Container container, EncodeOptions options)
    {
        ContainerIdentity identity = container.Identity;
        (string? image, string? version) = identity.Image is { Length: > 0 } name && !identity.ImageOverLimit ? ImageName.Parse(name) : (null, (string?)null);
        var wanted = new List<KeyValuePair<string, string?>>
        {
            new("container_name", identity.DisplayName),
            new("engine_host", options.Host),
            new("host", options.Host),

            // Telegraf knows no other runtime. Without the tag, containers of two runtimes with the same name would share a series.
            new("runtime", identity.Runtime == ContainerRuntime.Docker ? null : RuntimeTag.Value(identity.Runtime)),
            new("container_image", image),
            new("container_version", version),
            new("source", container.IdTag ?? (options.IdTag == IdTag.Tag ? identity.ShortId : null)),

            // The labels that the kubelet gives to containers, and that Telegraf shows as tags.
            new("io.kubernetes.pod.namespace", identity.Namespace),
            new("io.kubernetes.pod.name", identity.Pod),
        };
        foreach ((string key, string value) in options.StaticTags) wanted.Add(new(key, value));
        foreach ((string key, string value) in identity.Labels.IsDefault ? [] : identity.Labels)
        {
            bool isKnown = (key == "io.kubernetes.pod.namespace" && value == identity.Namespace) || (key == "io.kubernetes.pod.name" && value == identity.Pod);
            if (!isKnown && options.Selection.ShowsLabel(key)) wanted.Add(new(key, value));
        }

        // As tag_env of Telegraf.
        foreach ((string variable, string value) in identity.Environment)
        {
            if (options.Selection.ShowsLabel(variable)) wanted.Add(new(variable, value));
        }

        return new ContainerTags(container, wanted, Reserved);
    }
}
