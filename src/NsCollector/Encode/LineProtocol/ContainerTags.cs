using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Discover.Recognise;
using NsCollector.Encode.Selection;

namespace NsCollector.Encode.LineProtocol;

/// <summary>
/// The escaped tags of one container, built when it is discovered or its identity changes, and then only copied.
/// </summary>
internal sealed class ContainerTags
{
    // Measurement, tags and one field key must stay under 65,535 bytes for InfluxDB; the row's own tag and the field key
    // take less than 3 KiB of that.
    private const int MaxBytes = 60_000;

    private readonly OutputSelection _selection = OutputSelection.All;
    private byte[]? _limitOrigin;

    internal ContainerTags(Container container, EncodeOptions options)
        : this(container, Wanted(container, options), []) => _selection = options.Selection;

    /// <summary>The tags of another schema.</summary>
    /// <param name="container">The container.</param>
    /// <param name="wanted">The tags, most important first: a later one with the same key is renamed, and one that does not fit is left out.</param>
    /// <param name="reserved">Keys of tags that points get later.</param>
    internal ContainerTags(Container container, IEnumerable<KeyValuePair<string, string?>> wanted, IReadOnlyCollection<string> reserved)
    {
        Container = container;
        ContainerIdField = LineProtocolText.StringField(container.Identity.Id);
        Tags = Build(wanted, reserved, out int left);
        TagsLeftOut = left;
    }

    internal Container Container { get; }

    /// <summary><c>,key=value,key=value…</c>, in the order of the keys, as InfluxDB recommends.</summary>
    internal byte[] Tags { get; }

    /// <summary>The whole id, quoted.</summary>
    internal byte[] ContainerIdField { get; }

    /// <summary><c>set_by="…",qos_class="…",cgroup_driver="…",</c> without fields that are not selected, built the first time that container_limits is written.</summary>
    internal byte[] LimitOriginFields => _limitOrigin ??= Fields(LimitOrigin.Of(Container), _selection);

    /// <summary>The last points of its series, with these tags.</summary>
    internal ContainerSeries Series { get; } = new();

    /// <summary>The number of tags that did not fit.</summary>
    internal int TagsLeftOut { get; }

    /// <summary>Builds escaped tags.</summary>
    /// <param name="wanted">The tags, most important first: a later one with the same key is renamed, and one that does not fit is left out.</param>
    /// <param name="reserved">Keys of tags that points get later.</param>
    /// <param name="leftOut">The number of tags that did not fit.</param>
    /// <returns><c>,key=value,key=value…</c>, in the order of the keys.</returns>
    internal static byte[] Build(IEnumerable<KeyValuePair<string, string?>> wanted, IReadOnlyCollection<string> reserved, out int leftOut)
    {
        var tags = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        int length = 0;
        leftOut = 0;
        foreach ((string key, string? value) in wanted)
        {
            if (string.IsNullOrEmpty(value)) continue;
            byte[] escapedKey = LineProtocolText.TagKey(key);
            byte[] escapedValue = LineProtocolText.TagValue(value);
            if (escapedKey.Length == 0 || escapedValue.Length == 0) continue;
            string name = Unused(Encoding.UTF8.GetString(escapedKey), tags, reserved);
            byte[] tag = [(byte)',', .. Encoding.UTF8.GetBytes(name), (byte)'=', .. escapedValue];
            if (length + tag.Length > MaxBytes)
            {
                leftOut++;
                continue;
            }

            length += tag.Length;
            tags.Add(name, tag);
        }

        var all = new ArrayBufferWriter<byte>(Math.Max(length, 1));
        foreach (byte[] tag in tags.Values) all.Write(tag);
        return all.WrittenSpan.ToArray();
    }

    private static List<KeyValuePair<string, string?>> Wanted(Container container, EncodeOptions options)
    {
        ContainerIdentity identity = container.Identity;
        var wanted = new List<KeyValuePair<string, string?>>
        {
            new("container", identity.DisplayName),
            new("host", options.Host),
            new("runtime", RuntimeTag.Value(identity.Runtime)),
            new("namespace", identity.Namespace),
            new("pod", identity.Pod),
            new("image", identity.ImageOverLimit ? null : identity.Image),
        };
        wanted.Add(new("id", container.IdTag ?? (options.IdTag == IdTag.Tag ? identity.ShortId : null)));
        foreach ((string key, string value) in options.StaticTags) wanted.Add(new(key, value));
        foreach ((string key, string value) in identity.OrchestratorTags)
        {
            // A static tag with that name is older, and stays as it is.
            if (!options.StaticTags.Any(tag => tag.Key == key)) wanted.Add(new(key, value));
        }

        AddSelected(wanted, "label_", identity.Labels, options.Selection);
        AddSelected(wanted, "env_", identity.Environment, options.Selection);
        return wanted;
    }

    private static void AddSelected(
        List<KeyValuePair<string, string?>> wanted, string prefix, ImmutableArray<KeyValuePair<string, string>> pairs, OutputSelection selection)
    {
        foreach ((string key, string value) in pairs.IsDefault ? [] : pairs)
        {
            if (selection.ShowsLabel(key)) wanted.Add(new(prefix + key, value));
        }
    }

    private static byte[] Fields(LimitOrigin origin, OutputSelection selection)
    {
        var text = new StringBuilder();
        foreach ((string name, string? value) in origin.Fields)
        {
            if (value is not null && selection.Shows(OutputSelection.NameOf(ContainerLimitsFields.Measurement, name))) text.Append(name).Append("=\"").Append(value).Append("\",");
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private static string Unused(string key, SortedDictionary<string, byte[]> taken, IReadOnlyCollection<string> reserved)
    {
        while (taken.ContainsKey(key) || reserved.Contains(key)) key += "_";
        return key;
    }
}
