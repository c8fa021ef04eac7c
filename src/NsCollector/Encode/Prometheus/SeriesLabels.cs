using System.Collections.Immutable;
using System.Text;
using NsCollector.Discover;
using NsCollector.Discover.Identify;
using NsCollector.Encode.Selection;

namespace NsCollector.Encode.Prometheus;

/// <summary>
/// The labels of containers, as cAdvisor names them: <c>id</c>, <c>image</c>, <c>name</c>, in Kubernetes also <c>namespace</c>,
/// <c>pod</c> and <c>container</c>, and selected labels as <c>container_label_NAME</c>. An empty label is left out. Any thread
/// may use it. Selected environment variables are <c>container_env_name</c>. It allocates only for a container that is new or was renamed. The kubelet's form has the first six and no others, in each
/// series, even if they are empty.
/// </summary>
/// <param name="isKubelet">Whether the labels are those of the kubelet's page.</param>
/// <param name="selection">Which labels of the runtime are shown.</param>
internal sealed class SeriesLabels(bool isKubelet, OutputSelection selection)
{
    // A line must fit into a page's buffer. Docker's limit for a label is far above this.
    private const int MaxBytes = 16 << 10;

    private readonly Dictionary<long, (Container Container, byte[] Text)> _texts = [];
    private readonly Lock _lock = new();

    /// <summary>The labels of a container, without braces.</summary>
    internal byte[] Of(Container container)
    {
        lock (_lock)
        {
            if (_texts.TryGetValue(container.Key, out (Container Container, byte[] Text) known) && ReferenceEquals(known.Container, container)) return known.Text;
            byte[] text = Make(container);
            _texts[container.Key] = (container, text);
            return text;
        }
    }

    /// <summary>The labels of cAdvisor's <c>machine_…</c> series, without braces. One that is not known is left out.</summary>
    /// <param name="bootId">The identifier of the current boot.</param>
    /// <param name="machineId">The identifier of the installed system.</param>
    /// <param name="systemUuid">The identifier of the hardware.</param>
    internal static byte[] OfMachine(string? bootId, string? machineId, string? systemUuid)
    {
        var text = new List<byte>(128);
        Add(text, "boot_id", bootId);
        Add(text, "machine_id", machineId);
        Add(text, "system_uuid", systemUuid);
        return [.. text];
    }

    /// <summary>Clears the cache if it has many more containers than the given number of live ones.</summary>
    internal void Trim(int live)
    {
        lock (_lock)
        {
            // The labels of live containers are created again.
            if (_texts.Count > (2 * live) + 100) _texts.Clear();
        }
    }

    private byte[] Make(Container container) => isKubelet ? MakeKubelet(container) : MakeOwn(container);

    // containerPrometheusLabelsFunc in pkg/kubelet/server/server.go.
    private static byte[] MakeKubelet(Container container)
    {
        ContainerIdentity identity = container.Identity;
        bool isInPod = identity.PodUid is not null && !container.IsParent;

        // The label io.kubernetes.container.name: CRI-O and Docker give it to a sandbox, containerd does not.
        bool isUnnamed = identity is { Runtime: ContainerRuntime.Containerd, Name: KnownIdentity.Sandbox };
        var text = new List<byte>(256);
        Add(text, "container", isInPod && !isUnnamed ? identity.Name : "", isAlways: true);
        Add(text, "id", container.CgroupPath, isAlways: true);
        Add(text, "image", identity.ImageOverLimit ? "" : identity.Image, isAlways: true);
        Add(text, "name", container.IsParent ? "" : isInPod ? identity.Id : identity.DisplayName, isAlways: true);
        Add(text, "namespace", identity.Namespace, isAlways: true);
        Add(text, "pod", identity.Pod, isAlways: true);
        return [.. text];
    }

    private byte[] MakeOwn(Container container)
    {
        ContainerIdentity identity = container.Identity;
        var text = new List<byte>(256);
        Add(text, "id", container.CgroupPath);
        if (!identity.ImageOverLimit) Add(text, "image", identity.Image);
        bool isInPod = identity.PodUid is not null && !container.IsParent;

        // The runtime's own name of the container, which is the id in a pod.
        if (!container.IsParent) Add(text, "name", isInPod ? identity.Id : identity.DisplayName);
        Add(text, "namespace", identity.Namespace);
        Add(text, "pod", identity.Pod);
        if (isInPod) Add(text, "container", identity.Name);
        AddSelected(text, "container_label_", identity.Labels.IsDefault ? [] : identity.Labels);

        // cAdvisor writes their names in lower case (metadataEnvAllowList in container/docker/handler.go).
        AddSelected(text, "container_env_", identity.Environment, isLower: true);
        return [.. text];
    }

    private void AddSelected(List<byte> text, string prefix, ImmutableArray<KeyValuePair<string, string>> pairs, bool isLower = false)
    {
        if (pairs.IsEmpty) return;
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach ((string key, string value) in pairs)
        {
            if (!selection.ShowsLabel(key)) continue;

            // Two keys may differ only in characters that are not permitted in a label name.
            string name = PrometheusText.LabelName(prefix, isLower ? key.ToLowerInvariant() : key);
            if (names.Add(name)) Add(text, name, value);
        }
    }

    /// <summary>Adds a label, escaped. An empty one is left out, unless it is always shown.</summary>
    internal static void Add(List<byte> text, string name, string? value, bool isAlways = false)
    {
        value ??= "";
        if (value.Length == 0 && !isAlways) return;
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        byte[] escaped = new byte[PrometheusText.MaxBytes(bytes.Length)];
        int length = PrometheusText.WriteValue(bytes, escaped);
        if (text.Count + name.Length + length > MaxBytes)
        {
            if (!isAlways) return;
            length = 0;
        }

        if (text.Count > 0) text.Add((byte)',');
        text.AddRange(Encoding.ASCII.GetBytes(name));
        text.AddRange("=\""u8);
        text.AddRange(escaped.AsSpan(0, length));
        text.Add((byte)'"');
    }
}
