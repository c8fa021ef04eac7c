namespace NsCollector.Discover.Recognise;

/// <summary>The cgroups of pods, which the kubelet creates with either driver.</summary>
/// <remarks>
/// cgroupfs: <c>kubepods/burstable/podUID</c>; systemd: <c>kubepods-burstable-podUID.slice</c>, where the dashes of the uid
/// are underscores because a dash in a slice's name separates levels (kubelet, ConvertCgroupNameToSystemd). The uid of a
/// static pod is 32 hexadecimal digits without dashes.
/// </remarks>
internal static class KubernetesPod
{
    private const int UuidLength = 36;
    private const int StaticLength = 32;

    /// <summary>Whether a cgroup's name is that of a pod.</summary>
    /// <param name="element">A cgroup's name.</param>
    /// <param name="uid">The pod's uid as the API server writes it; null if it is not a pod.</param>
    internal static bool TryParse(ReadOnlySpan<char> element, out string? uid)
    {
        uid = null;
        bool isSlice = element.EndsWith(".slice", StringComparison.Ordinal);
        if (isSlice) element = element[..^".slice".Length];
        foreach (int length in (ReadOnlySpan<int>)[UuidLength, StaticLength])
        {
            if (element.Length < length + 3) continue;
            ReadOnlySpan<char> digits = element[^length..];
            ReadOnlySpan<char> before = element[..^length];
            if (!before.EndsWith("pod", StringComparison.Ordinal)) continue;
            // libpod_pod_ID is podman's: only the dash of a level may precede it.
            if (before.Length > 3 && before[^4] != '-') continue;
            if (length == StaticLength ? !OciId.IsLowerHex(digits) : !IsUuid(digits)) continue;
            uid = digits.ToString().Replace('_', '-');
            return true;
        }

        return false;
    }

    /// <summary>The uid of the pod that a container belongs to; null outside Kubernetes.</summary>
    /// <param name="above">The path of the cgroup above the container's.</param>
    /// <remarks>A container inside a pod's container is not the kubelet's and belongs to no pod.</remarks>
    internal static string? UidAbove(ReadOnlySpan<char> above)
    {
        while (!above.IsEmpty)
        {
            ReadOnlySpan<char> element = CgroupPath.CutLast(above, out above);
            if (TryParse(element, out string? uid)) return uid;
            if (OciId.IsIn(element)) return null;
        }

        return null;
    }

    /// <summary>The uid of a container's pod if the container's own name is in systemd's form, <c>SLICE:PREFIX:ID</c>.</summary>
    /// <param name="slice">The slice of that name, which may be the pod's.</param>
    /// <param name="above">The path of the cgroup above the container's, used if it is not.</param>
    internal static string? UidOf(ReadOnlySpan<char> slice, ReadOnlySpan<char> above) => TryParse(slice, out string? uid) ? uid : UidAbove(above);

    /// <summary>
    /// The QoS class of the pod that a container belongs to: guaranteed, burstable or besteffort; null if the path does not show it.
    /// </summary>
    /// <param name="path">The path of the container's cgroup.</param>
    /// <remarks>
    /// The kubelet puts burstable and best-effort pods below a cgroup of their class, and guaranteed pods directly below
    /// <c>kubepods</c> (pkg/kubelet/cm/pod_container_manager_linux.go, GetPodContainerName). With systemd's driver the classes are
    /// in the slice's name: <c>kubepods-burstable-podUID.slice</c>.
    /// </remarks>
    internal static string? QosClassOf(ReadOnlySpan<char> path)
    {
        while (!path.IsEmpty)
        {
            ReadOnlySpan<char> element = CgroupPath.CutLast(path, out path);
            int colon = element.IndexOf(':');
            if (colon > 0) element = element[..colon];
            if (!TryParse(element, out _)) continue;
            int pod = element.LastIndexOf("pod", StringComparison.Ordinal);
            ReadOnlySpan<char> above = pod > 0 ? element[..(pod - 1)] : CgroupPath.CutLast(path, out _);
            return above[(above.LastIndexOf('-') + 1)..] switch
            {
                "kubepods" => "guaranteed",
                "burstable" => "burstable",
                "besteffort" => "besteffort",
                _ => null,
            };
        }

        return null;
    }

    private static bool IsUuid(ReadOnlySpan<char> text)
    {
        char separator = text[8];
        if (separator is not ('-' or '_')) return false;
        for (int i = 0; i < text.Length; i++)
        {
            bool isSeparator = i is 8 or 13 or 18 or 23;
            if (isSeparator ? text[i] != separator : !char.IsAsciiHexDigitLower(text[i])) return false;
        }

        return true;
    }
}
