using System.Text;
using NsCollector.Linux;
using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Filesystem;

/// <summary>
/// Finds the upper directory of a container's overlay. The mount option is a path as the mounting process saw it. It is a path on the host,
/// relative to the directory of all layers (Docker and Podman do that if the options are long), or a path inside an outer container, which
/// that container's owner chose. So it is verified: an overlay's root has the times of its upper directory (ovl_getattr in
/// fs/overlayfs/inode.c), and nobody can choose the ctime.
/// </summary>
internal static class UpperDirectory
{
    // Containers may change their root directory at any time; the times are then compared again.
    private const int Attempts = 3;

    /// <summary>Opens the upper directory with O_PATH.</summary>
    /// <param name="root">The container's root.</param>
    /// <param name="mount">The mount of the root, an overlay with an upper directory.</param>
    /// <param name="host">The host's mounts.</param>
    /// <param name="outer">The mounts of the outer container; null if the container is not nested.</param>
    /// <returns>A descriptor; -ENOENT if there is no such directory, or another error.</returns>
    internal static int Open(int root, ContainerMount mount, HostTree host, Func<MountTree?> outer)
    {
        string upper = mount.Upper!;
        if (!upper.StartsWith('/'))
        {
            // The overlay is at HOME/ID/merged, and the upper directory is ID/diff, relative to HOME.
            string? point = host.OverlayPoint(mount.Info.Major, mount.Info.Minor);
            int end = point?.LastIndexOf('/') ?? -1;
            int home = end <= 0 ? -1 : point!.LastIndexOf('/', end - 1);
            if (home <= 0) return -Errno.ENOENT;
            upper = point![..(home + 1)] + upper;
        }

        int directory = OpenPath(root, upper, host, outer);

        // mount(2) needs a backslash before a comma or backslash, and the kernel shows the option as it was given. fsconfig(2) needs none.
        return directory >= 0 || !upper.Contains('\\') ? directory : OpenPath(root, WithoutEscapes(upper), host, outer);
    }

    private static int OpenPath(int root, string upper, HostTree host, Func<MountTree?> outer)
    {
        int directory = Confirmed(root, RootedPath.Open(host.Root, Encoding.Latin1.GetBytes(upper + "\0")));
        if (directory >= 0 || outer() is not { } mounts || mounts.Find(upper) is not (>= 0 and var number)) return directory;
        MountInfo through = mounts[number];
        string below = through.Point == "/" ? upper : upper[through.Point.Length..];
        return Confirmed(root, host.OpenDirectory(through.Major, through.Minor, (through.Root + below).Replace("//", "/", StringComparison.Ordinal), out _));
    }

    private static string WithoutEscapes(string path)
    {
        var text = new StringBuilder(path.Length);
        for (int i = 0; i < path.Length; i++)
        {
            if (path[i] == '\\' && i + 1 < path.Length) i++;
            text.Append(path[i]);
        }

        return text.ToString();
    }

    private static int Confirmed(int root, int directory)
    {
        for (int attempt = 0; directory >= 0 && attempt < Attempts; attempt++)
        {
            if (Libc.Statx(root, [0], out FileStatus shown) >= 0 && Libc.Statx(directory, [0], out FileStatus own) >= 0 && own.IsDirectory
                && shown.ChangedSeconds == own.ChangedSeconds && shown.ChangedNanoseconds == own.ChangedNanoseconds
                && shown.ModifiedSeconds == own.ModifiedSeconds && shown.ModifiedNanoseconds == own.ModifiedNanoseconds)
            {
                return directory;
            }
        }

        if (directory < 0) return directory;
        Libc.Close(directory);
        return -Errno.ENOENT;
    }
}
