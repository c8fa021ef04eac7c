namespace NsCollector.Discover.Identify;

/// <summary>
/// The workload that a pod belongs to, from the labels that Kubernetes' controllers set and the name that they give to the pod. Labels
/// alone are no proof, because a user may set them too: the owner is reported only if the pod's name has the form that this controller gives.
/// </summary>
internal static class PodOwner
{
    // pkg/controller/job, statefulset, deployment and daemon of Kubernetes.
    private const string Job = "batch.kubernetes.io/job-name", OldJob = "job-name";
    private const string StatefulSet = "statefulset.kubernetes.io/pod-name";
    private const string Deployment = "pod-template-hash";
    private const string DaemonSet = "pod-template-generation";

    // The API server appends five characters to generateName (names.go of apiserver), and cuts the name before that to 58.
    private const int SuffixLength = 5, MaxNameLength = 63;

    /// <summary>Whether the label helps to find an owner.</summary>
    internal static bool Needs(string key) => key is Job or OldJob or StatefulSet or Deployment or DaemonSet;

    /// <summary>The owner as KIND/NAME; null if it is not known, or if the labels of two controllers contradict each other.</summary>
    /// <param name="pod">The name of the pod.</param>
    /// <param name="labelOf">The value of a label of the pod; null if there is none.</param>
    internal static string? Find(string pod, Func<string, string?> labelOf)
    {
        string?[] owners = [OfJob(pod, labelOf(Job) ?? labelOf(OldJob)), OfStatefulSet(pod, labelOf(StatefulSet)), OfDeployment(pod, labelOf(Deployment)), OfDaemonSet(pod, labelOf(DaemonSet))];
        string? found = null;
        foreach (string? owner in owners)
        {
            if (owner is null) continue;
            if (found is not null) return null;
            found = owner;
        }

        return found;
    }

    /// <summary>The kind of an owner that <see cref="Find"/> returned.</summary>
    internal static string KindOf(string owner) => owner[..owner.IndexOf('/', StringComparison.Ordinal)];

    // NAME-xxxxx, or NAME-INDEX-xxxxx of an indexed job.
    private static string? OfJob(string pod, string? name)
    {
        if (string.IsNullOrEmpty(name) || !pod.StartsWith(name + "-", StringComparison.Ordinal)) return null;
        ReadOnlySpan<char> rest = pod.AsSpan(name.Length + 1);
        int dash = rest.IndexOf('-');
        if (dash > 0 && IsNumber(rest[..dash])) rest = rest[(dash + 1)..];
        return IsSuffix(rest) ? "Job/" + name : null;
    }

    // NAME-ORDINAL; the label is the pod's name.
    private static string? OfStatefulSet(string pod, string? label)
    {
        int dash = pod.LastIndexOf('-');
        return label == pod && dash > 0 && IsNumber(pod.AsSpan(dash + 1)) ? "StatefulSet/" + pod[..dash] : null;
    }

    // NAME-HASH-xxxxx: the Deployment adds the hash to the name of its ReplicaSet.
    private static string? OfDeployment(string pod, string? hash)
    {
        if (string.IsNullOrEmpty(hash) || pod.Length <= SuffixLength + 1 || !IsSuffix(pod.AsSpan(pod.Length - SuffixLength))) return null;
        string end = $"-{hash}-";
        string name = pod[..^SuffixLength];
        return name.EndsWith(end, StringComparison.Ordinal) && name.Length > end.Length ? "Deployment/" + name[..^end.Length] : null;
    }

    // NAME-xxxxx. A name of the greatest length may have been cut.
    private static string? OfDaemonSet(string pod, string? generation)
    {
        if (generation is null || !IsNumber(generation) || pod.Length >= MaxNameLength || pod.Length <= SuffixLength + 1) return null;
        return pod[^(SuffixLength + 1)] == '-' && IsSuffix(pod.AsSpan(pod.Length - SuffixLength)) ? "DaemonSet/" + pod[..^(SuffixLength + 1)] : null;
    }

    private static bool IsNumber(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExceptInRange('0', '9');

    private static bool IsSuffix(ReadOnlySpan<char> text)
    {
        if (text.Length != SuffixLength) return false;
        foreach (char character in text)
        {
            if (!char.IsAsciiLetterLower(character) && !char.IsAsciiDigit(character)) return false;
        }

        return true;
    }
}
