using YamlDotNet.RepresentationModel;

namespace NsCollector.PackageTests.Kubernetes;

/// <summary>The agent's pod in packaging/kubernetes/daemonset.yaml, parsed for runs without a kubelet.</summary>
internal sealed class DaemonSet
{
    private readonly YamlMappingNode _pod;
    private readonly YamlMappingNode _container;
    private readonly YamlMappingNode _security;
    private readonly List<YamlMappingNode> _objects = [];

    /// <summary>Reads a manifest.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="changes">Texts that an administrator would replace in it, and by what.</param>
    public DaemonSet(string path, params (string From, string To)[] changes)
    {
        var stream = new YamlStream();
        string manifest = File.ReadAllText(path);
        foreach ((string from, string to) in changes)
        {
            Assert.Contains(from, manifest);
            manifest = manifest.Replace(from, to, StringComparison.Ordinal);
        }

        using var text = new StringReader(manifest);
        stream.Load(text);
        _objects.AddRange(stream.Documents.Select(document => (YamlMappingNode)document.RootNode));
        _pod = Map(Object("DaemonSet"), "spec", "template", "spec");
        _container = (YamlMappingNode)Assert.Single(List(_pod, "containers"));
        _security = Map(_container, "securityContext");
    }

    /// <summary>The image.</summary>
    public string Image => Text(_container, "image");

    /// <summary>The arguments of the image's entry point.</summary>
    public string[] Arguments => Texts(_container, "args");

    /// <summary>Whether it uses the host's pid namespace.</summary>
    public bool HostPid => Switch(_pod, "hostPID");

    /// <summary>Whether it uses the host's network.</summary>
    public bool HostNetwork => Switch(_pod, "hostNetwork");

    /// <summary>Whether Services become environment variables.</summary>
    public bool ServiceLinks => Switch(_pod, "enableServiceLinks");

    /// <summary>The user, as a number.</summary>
    public long RunAsUser => long.Parse(Text(_security, "runAsUser"), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Whether a program may gain privileges.</summary>
    public bool AllowPrivilegeEscalation => Switch(_security, "allowPrivilegeEscalation");

    /// <summary>Whether it is privileged.</summary>
    public bool Privileged => Switch(_security, "privileged");

    /// <summary>Whether its root file system is read-only.</summary>
    public bool ReadOnlyRootFilesystem => Switch(_security, "readOnlyRootFilesystem");

    /// <summary>The dropped capabilities.</summary>
    public string[] Dropped => Texts(Map(_security, "capabilities"), "drop");

    /// <summary>The added capabilities.</summary>
    public string[] Added => Texts(Map(_security, "capabilities"), "add");

    /// <summary>The kind of its seccomp profile.</summary>
    public string SeccompProfile => Text(Map(_security, "seccompProfile"), "type");

    /// <summary>Its memory limit in MiB.</summary>
    public string MemoryLimit => Text(Map(_container, "resources", "limits"), "memory");

    /// <summary>The environment variable with the node's name.</summary>
    public string NodeNameVariable => Text(
        (YamlMappingNode)Assert.Single(List(_container, "env"), variable => Text(Map((YamlMappingNode)variable, "valueFrom", "fieldRef"), "fieldPath") == "spec.nodeName"), "name");

    /// <summary>The files of the ConfigMap.</summary>
    public Dictionary<string, string> Configuration => Map(Object("ConfigMap"), "data").ToDictionary(entry => ((YamlScalarNode)entry.Key).Value!, entry => ((YamlScalarNode)entry.Value).Value!);

    /// <summary>Its mounts.</summary>
    public VolumeMount[] Mounts => [.. List(_container, "volumeMounts").Cast<YamlMappingNode>().Select(mount =>
    {
        var volume = (YamlMappingNode)List(_pod, "volumes").Single(volume => Text((YamlMappingNode)volume, "name") == Text(mount, "name"));
        return new VolumeMount(
            Text(mount, "name"),
            Text(mount, "mountPath"),
            mount.Children.ContainsKey("readOnly") && Switch(mount, "readOnly"),
            mount.Children.TryGetValue("mountPropagation", out YamlNode? propagation) ? ((YamlScalarNode)propagation).Value! : "None",
            volume.Children.ContainsKey("hostPath") ? Text(Map(volume, "hostPath"), "path") : null);
    })];

    private YamlMappingNode Object(string kind) => _objects.Single(one => Text(one, "kind") == kind);

    private static YamlMappingNode Map(YamlMappingNode node, params string[] keys) => keys.Aggregate(node, (at, key) => (YamlMappingNode)at[key]);

    private static YamlSequenceNode List(YamlMappingNode node, string key) => (YamlSequenceNode)node[key];

    private static string Text(YamlMappingNode node, string key) => ((YamlScalarNode)node[key]).Value!;

    private static string[] Texts(YamlMappingNode node, string key) => [.. List(node, key).Select(word => ((YamlScalarNode)word).Value!)];

    private static bool Switch(YamlMappingNode node, string key) => bool.Parse(Text(node, key));
}
