using NsCollector.Discover;
using NsCollector.Linux;

namespace NsCollector.Sample.Filesystem;

/// <summary>Chooses the mounts of a container that are reported: its root file system, and the mounts from outside (volumes).</summary>
/// <param name="options">What is reported.</param>
internal sealed class MountChoice(FilesystemOptions options)
{
    /// <summary>
    /// Maximum mounts of a container for which volumes are reported. The time to find hidden mounts grows with the square of their
    /// number, and a container can create any number of mounts in a user namespace of its own.
    /// </summary>
    internal const int MaxMounts = 4096;

    private readonly Glob[] _excluded = [.. options.ExcludeMountPoints.Select(pattern => new Glob(pattern))];

    /// <summary>Chooses from a container's mounts; the root file system comes first.</summary>
    /// <param name="mounts">The container's mounts.</param>
    /// <param name="hostRoot">The root of the host; null if it is not known.</param>
    /// <param name="overLimit">Number of volumes left out because there are too many; all mounts except the root if there are too many mounts.</param>
    /// <returns>An empty list for a container with the host's root, because it has no disk of its own.</returns>
    internal ContainerMount[] Choose(MountTree mounts, MountInfo? hostRoot, out int overLimit)
    {
        overLimit = 0;
        int root = mounts.Find("/");
        if (root < 0 || (hostRoot is not null && IsSame(mounts[root], hostRoot))) return [];
        List<ContainerMount> chosen = [new(mounts[root], isReachable: true)];
        if (options.Volumes && mounts.Count > MaxMounts) overLimit = mounts.Count - 1;
        else if (options.Volumes) overLimit = AddVolumes(mounts, root, chosen);
        return [.. chosen];
    }

    /// <returns>Number of volumes left out.</returns>
    private int AddVolumes(MountTree mounts, int root, List<ContainerMount> chosen)
    {
        int overLimit = 0;
        for (int number = 0; number < mounts.Count; number++)
        {
            if (mounts[number].Point == "/" || !IsVolume(mounts[number])) continue;
            if (chosen.Count > options.MaxVolumes) overLimit++;
            else if (!mounts.IsHidden(number)) chosen.Add(new(mounts[number], IsReachable(mounts, number, root)));
        }

        return overLimit;
    }

    private bool IsVolume(MountInfo mount)
    {
        // An overlay below the root is the root of a nested container.
        if (FilesystemTypes.HasNoSpace(mount.Type) || mount.Type == "overlay") return false;
        foreach (Glob excluded in _excluded)
        {
            if (excluded.Matches(mount.Point)) return false;
        }

        return true;
    }

    private static bool IsReachable(MountTree mounts, int number, int root)
    {
        // Each mount has one parent, so a longer path is a cycle, which only a damaged text can contain.
        for (int steps = 0; steps < mounts.Count; steps++)
        {
            if (number == root) return true;
            number = mounts.ParentOf(number);
            if (number < 0 || FilesystemTypes.IsRemote(mounts[number].Type) || mounts[number].Type == "autofs") return false;
        }

        return false;
    }

    private static bool IsSame(MountInfo mount, MountInfo other) => mount.Major == other.Major && mount.Minor == other.Minor && mount.Root == other.Root;
}
