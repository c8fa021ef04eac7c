using System.Text.Json;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Discover.Identify;
using NsCollector.Encode.Selection;
using NsCollector.Sample;
using NsCollector.Sample.HostMetrics;

namespace NsCollector.Encode.Cadvisor;

/// <summary>Writes objects <c>spec</c> of cAdvisor's API: what a container is, and its limits (info/v1/container.go, info/v2/container.go).</summary>
internal static class CadvisorSpec
{
    // "No limit" as the kernel's files and cAdvisor have it: the largest number of pages on cgroup v1, and 2^64 - 1 for "max" of v2.
    private static readonly ulong UnlimitedV1 = (ulong)(long.MaxValue / Environment.SystemPageSize * Environment.SystemPageSize);
    private const ulong UnlimitedV2 = ulong.MaxValue;

    /// <summary>Writes the object.</summary>
    /// <param name="json">Receives it.</param>
    /// <param name="isV1">Whether the form is that of v1; else that of v2.</param>
    /// <param name="container">The container.</param>
    /// <param name="sample">Its last sample.</param>
    /// <param name="options">What the agent reads.</param>
    /// <param name="host">The host's interfaces and file systems, for the root; else null.</param>
    internal static void Write(Utf8JsonWriter json, bool isV1, Container container, ContainerSample sample, CadvisorOptions options, HostSample? host)
    {
        ReadingSet scalars = sample.Scalars;
        json.WriteStartObject();
        long? startedNs = scalars.TryGet(Reading.InfoStartedAtNs, out long started) ? started : null;
        GoTime.Write(json, "creation_time"u8, container.Birth?.RealtimeNs ?? startedNs);
        GoTime.Write(json, "start_time"u8, startedNs);
        if (!isV1) CadvisorReference.WriteAliases(json, container);
        if (!container.IsParent) WriteLabels(json, container.Identity, options.Selection);
        json.WriteBoolean("has_cpu"u8, scalars.Has(Reading.CpuUsageNs));
        WriteCpu(json, isV1, sample);
        json.WriteBoolean("has_memory"u8, scalars.Has(Reading.MemoryUsageBytes));
        WriteMemory(json, sample, isRoot: container.CgroupPath == "/");
        json.WriteBoolean("has_hugetlb"u8, sample.Hugetlb.Count > 0);
        json.WriteBoolean("has_network"u8, (host?.Interfaces ?? sample.Interfaces).Count > 0);
        json.WriteBoolean("has_processes"u8, CadvisorStats.HasProcesses(sample));
        json.WriteStartObject("processes"u8);
        if (isV1 && scalars.TryGet(Reading.PidsLimit, out long tasks)) json.WriteNumber("limit"u8, tasks);
        json.WriteEndObject();
        json.WriteBoolean("has_filesystem"u8, host is { Filesystems.Count: > 0 } || sample.Filesystems.Find("/"u8) is not null);
        json.WriteBoolean("has_diskio"u8, options.HasDiskIo);
        json.WriteBoolean("has_custom_metrics"u8, false);
        if (container.Identity is { Image: { Length: > 0 } image, ImageOverLimit: false }) json.WriteString("image"u8, CadvisorText.Valid(image));
        json.WriteEndObject();
    }

    private static void WriteLabels(Utf8JsonWriter json, ContainerIdentity identity, OutputSelection selection)
    {
        // The labels that the kubelet gives to each container. Clients of cAdvisor find pods by them. containerd's sandboxes have no name.
        bool isUnnamed = identity is { Runtime: ContainerRuntime.Containerd, Name: KnownIdentity.Sandbox };
        (string Key, string? Value)[] ofPod = identity.PodUid is null ? [] :
        [
            ("io.kubernetes.container.name", isUnnamed ? null : identity.Name), ("io.kubernetes.pod.name", identity.Pod), ("io.kubernetes.pod.namespace", identity.Namespace),
            ("io.kubernetes.pod.uid", identity.PodUid),
        ];
        bool hasOwn = !identity.Labels.IsDefaultOrEmpty;
        if (!hasOwn && ofPod.Length == 0) return;
        json.WriteStartObject("labels"u8);
        var written = new HashSet<string>(StringComparer.Ordinal);
        if (hasOwn)
        {
            foreach ((string key, string value) in identity.Labels)
            {
                if (selection.ShowsLabel(key)) Add(key, value);
            }
        }

        foreach ((string key, string? value) in ofPod) Add(key, value);
        json.WriteEndObject();

        void Add(string key, string? value)
        {
            // Two hostile keys may become equal.
            if (value is { Length: > 0 } && CadvisorText.Valid(key) is var valid && written.Add(valid)) json.WriteString(valid, CadvisorText.Valid(value));
        }
    }

    private static void WriteCpu(Utf8JsonWriter json, bool isV1, ContainerSample sample)
    {
        json.WriteStartObject("cpu"u8);
        if (sample.Scalars.TryGet(Reading.CpuWeight, out long weight)) json.WriteNumber("limit"u8, sample.HasCpuWeight ? CpuWeight.ToShares(weight) : weight);

        // cAdvisor never sets it.
        json.WriteNumber("max_limit"u8, 0);
        if (isV1 && sample.Scalars.TryGet(Reading.CpuQuotaUs, out long quota)) json.WriteNumber("quota"u8, quota);
        if (isV1 && sample.Scalars.TryGet(Reading.CpuPeriodUs, out long period)) json.WriteNumber("period"u8, period);
        json.WriteEndObject();
    }

    private static void WriteMemory(Utf8JsonWriter json, ContainerSample sample, bool isRoot)
    {
        ReadingSet scalars = sample.Scalars;
        ReadingSet? limits = sample.Limits?.Readings;
        bool isV2 = sample.HasCpuWeight;
        ulong unlimited = isV2 ? UnlimitedV2 : UnlimitedV1;
        json.WriteStartObject("memory"u8);
        bool isLimited = scalars.TryGet(Reading.MemoryLimitBytes, out long limit);
        if (scalars.Has(Reading.MemoryUsageBytes)) json.WriteNumber("limit"u8, isLimited ? (ulong)limit : unlimited);

        // As on the Prometheus page.
        if (limits is not null && limits.TryGet(isV2 ? Reading.LimitsMemoryMinBytes : Reading.LimitsMemorySoftLimitBytes, out long reservation)) json.WriteNumber("reservation"u8, reservation);

        // memory.memsw.limit_in_bytes of v1 is the limit of memory and swap together, memory.swap.max of v2 that of swap alone. With swapaccount=0
        // there is neither, nor a figure of swap.
        bool isSwapLimited = scalars.TryGet(Reading.MemorySwapLimitBytes, out long swap);
        if (!isRoot && (isSwapLimited || scalars.Has(Reading.MemorySwapBytes)))
        {
            json.WriteNumber("swap_limit"u8, !isSwapLimited ? unlimited : (ulong)swap + (isV2 ? 0 : (ulong)limit));
        }

        json.WriteEndObject();
    }
}
