using System.Buffers;
using System.Globalization;
using System.Text;
using NsCollector.Linux.Interop;

namespace NsCollector.Discover.Identify.Inside;

/// <summary>
/// A process inside a container, with a descriptor of the root directory that it sees. Disposing closes both descriptors.
/// </summary>
internal sealed class ProgramInside : IDisposable
{
    // A command line of a daemon has a few hundred bytes.
    private const int MaxBytes = 64 << 10;

    private readonly int _directory;

    private ProgramInside(int directory, int root)
    {
        _directory = directory;
        Root = root;
    }

    /// <summary>A descriptor of its root directory.</summary>
    internal int Root { get; }

    /// <summary>Opens a process.</summary>
    /// <param name="proc">Where the host's procfs is.</param>
    /// <param name="pid">Its pid there.</param>
    /// <param name="cgroup">The path of the container's cgroup.</param>
    /// <returns>Null if it is gone or not in that cgroup, or if its root is the host's, whose files say nothing about the container.</returns>
    internal static ProgramInside? Open(string proc, int pid, string cgroup)
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"{proc}/{pid}");
        int directory = Libc.Openat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(path + "\0"), Libc.O_PATH | Libc.O_DIRECTORY);
        if (directory < 0) return null;
        int root = -1;
        try
        {
            // The pid may be another process's by now.
            if (!IsIn(Read(directory, "cgroup\0"u8), cgroup)) return null;
            root = Libc.Openat(directory, "root\0"u8, Libc.O_PATH | Libc.O_DIRECTORY);
            if (root < 0 || Libc.Statx(root, [0], out FileStatus own) < 0 || IsHosts(proc, own)) return null;
            var program = new ProgramInside(directory, root);
            (directory, root) = (-1, -1);
            return program;
        }
        finally
        {
            if (root >= 0) Libc.Close(root);
            if (directory >= 0) Libc.Close(directory);
        }
    }

    /// <summary>Its name, without a newline.</summary>
    internal string Name => Encoding.UTF8.GetString(Read(_directory, "comm\0"u8)).TrimEnd('\n');

    /// <summary>Its command line: words that end in NUL bytes. Waits for the memory map of the process.</summary>
    internal byte[] CommandLine => Read(_directory, "cmdline\0"u8);

    /// <inheritdoc/>
    public void Dispose()
    {
        Libc.Close(Root);
        Libc.Close(_directory);
    }

    /// <summary>Whether a /proc/PID/cgroup has a path at or below a container's cgroup.</summary>
    /// <remarks>
    /// The agent may have a cgroup namespace of its own, in which the paths begin otherwise. So only the container's own name
    /// is searched for, which has its id.
    /// </remarks>
    internal static bool IsIn(ReadOnlySpan<byte> cgroups, string cgroup)
    {
        ReadOnlySpan<byte> name = Encoding.UTF8.GetBytes(cgroup[(cgroup.LastIndexOf('/') + 1)..]);
        if (name.IsEmpty) return false;
        foreach (Range range in cgroups.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = cgroups[range];
            foreach (Range element in line.Split((byte)'/'))
            {
                if (line[element].SequenceEqual(name)) return true;
            }
        }

        return false;
    }

    // The agent may run in a container, so that its own root is not the host's, or may not look up that of process 1.
    private static bool IsHosts(string proc, in FileStatus root) =>
        (Libc.Stat("/", out FileStatus own) == 0 && root.IsSameFile(own)) || (Libc.Stat(proc + "/1/root", out FileStatus host) == 0 && root.IsSameFile(host));

    private static byte[] Read(int directory, ReadOnlySpan<byte> fileWithNul)
    {
        int descriptor = Libc.Openat(directory, fileWithNul);
        if (descriptor < 0) return [];
        byte[] buffer = ArrayPool<byte>.Shared.Rent(MaxBytes);
        int length = Libc.PreadFully(descriptor, buffer);
        Libc.Close(descriptor);
        byte[] bytes = length <= 0 ? [] : buffer[..length];
        ArrayPool<byte>.Shared.Return(buffer);
        return bytes;
    }
}
