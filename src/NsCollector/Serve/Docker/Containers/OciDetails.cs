using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>
/// An OCI bundle's config.json as Docker's API shows it (opencontainers/runtime-spec, config.md and config-linux.md), with the annotations of
/// containerd's CRI plugin and of CRI-O.
/// </summary>
internal static class OciDetails
{
    private const string Containerd = "io.kubernetes.cri.";
    private const string Crio = "io.kubernetes.cri-o.";

    // Files of the runtime, which Docker does not show as mounts either.
    private static readonly string[] RuntimeFiles =
        ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/dev/shm", "/dev/termination-log", "/run/.containerenv", "/run/secrets"];

    /// <summary>Converts a bundle's file.</summary>
    /// <param name="bundle">config.json.</param>
    /// <param name="id">The container's id.</param>
    internal static ContainerDetails Of(StateElement bundle, string id)
    {
        StateElement process = bundle["process"], annotations = bundle["annotations"], resources = bundle["linux"]["resources"];
        ImmutableArray<string> arguments = process["args"].Texts;
        string? imageId = annotations[Crio + "ImageRef"].Word;
        return new ContainerDetails
        {
            Image = annotations[Crio + "ImageName"].Word ?? annotations[Containerd + "image-name"].Word,
            ImageId = imageId is { Length: 64 } ? "sha256:" + imageId : imageId,
            Path = arguments.IsEmpty ? null : arguments[0],
            Arguments = arguments.IsEmpty ? [] : arguments[1..],
            CreatedNs = annotations[Crio + "Created"].TimeNs,
            RestartCount = ParseCount(annotations["io.kubernetes.container.restartCount"].Text),
            Labels = annotations[Crio + "Labels"].Text is { } labels ? PairsOf(labels) : [],
            NetworkMode = NetworkModeOf(bundle["linux"]["namespaces"], annotations, id),
            Mounts = [.. bundle["mounts"].Items.Select(MountOf).OfType<MountedDirectory>()],
            Hostname = bundle["hostname"].Word,
            User = process["user"]["uid"].Number is { } uid and > 0 ? FormattableString.Invariant($"{uid}:{process["user"]["gid"].Number ?? 0}") : null,
            WorkingDirectory = process["cwd"].Word,
            Environment = process["env"].Texts,
            HasTerminal = process["terminal"].IsTrue,
            LogPath = annotations[Crio + "LogPath"].Word,
            Limits = LimitsOf(resources),
        };
    }

    // Docker's 0 is "no limit" where OCI's limit is absent or negative.
    private static ResourceLimits LimitsOf(StateElement resources)
    {
        StateElement memory = resources["memory"], cpu = resources["cpu"];
        return new ResourceLimits
        {
            Memory = memory["limit"].Number is { } limit ? Math.Max(0, limit) : null,
            MemorySwap = memory["swap"].Number,
            MemoryReservation = memory["reservation"].Number,
            CpuQuota = cpu["quota"].Number is { } quota ? Math.Max(0, quota) : null,
            CpuPeriod = cpu["period"].Number,
            CpuShares = cpu["shares"].Number,
            PidsLimit = resources["pids"]["limit"].Number is { } pids ? pids <= 0 ? -1 : pids : null,
            CpusetCpus = cpu["cpus"].Word,
            CpusetMems = cpu["mems"].Word,
        };
    }

    // As the kubelet's dockershim: the containers of a pod use the network of its sandbox.
    private static string? NetworkModeOf(StateElement namespaces, StateElement annotations, string id)
    {
        if (namespaces.Json.ValueKind != JsonValueKind.Array) return null;
        if (!namespaces.Items.Any(one => one["type"].Text == "network")) return "host";
        string? sandbox = annotations[Crio + "SandboxID"].Word ?? annotations[Containerd + "sandbox-id"].Word;
        return sandbox is null || sandbox == id ? null : "container:" + sandbox;
    }

    private static MountedDirectory? MountOf(StateElement mount)
    {
        ImmutableArray<string> options = mount["options"].Texts;
        bool isBind = mount["type"].Text == "bind" || options.Contains("bind") || options.Contains("rbind");
        if (!isBind || mount["destination"].Text is not { } destination || RuntimeFiles.Contains(destination, StringComparer.Ordinal)) return null;
        string propagation = options.FirstOrDefault(option => option is "private" or "rprivate" or "slave" or "rslave" or "shared" or "rshared") ?? "";
        return new MountedDirectory("bind", null, mount["source"].Text ?? "", destination, null, "", !options.Contains("ro"), propagation);
    }

    private static long? ParseCount(string? text) => uint.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out uint count) ? count : null;

    // JSON in a string.
    private static ImmutableArray<KeyValuePair<string, string>> PairsOf(string json)
    {
        using JsonDocument? document = StateDocuments.Parse(Encoding.UTF8.GetBytes(json));
        return document is null ? [] : new StateElement(document.RootElement).Pairs;
    }
}
