using System.Globalization;
using System.Text;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Linux.Proc;

namespace NsCollector.Sample.Filesystem;

/// <summary>
/// The init process of a container, opened briefly on the thread that reads disks. It is opened by its pid, because discovery may close
/// its own descriptor at any time. The start time is compared with the one that discovery saw, because a pid can be reused.
/// </summary>
internal readonly struct ContainerProcess : IDisposable
{
    private readonly int _directory;

    private ContainerProcess(int directory) => _directory = directory;

    /// <summary>Opens the process.</summary>
    /// <param name="proc">The host's procfs.</param>
    /// <param name="container">The container.</param>
    /// <param name="buffer">For the text of a file.</param>
    /// <param name="process">Receives it.</param>
    /// <returns>False if the process has ended, or is not visible.</returns>
    internal static bool TryOpen(string proc, Container container, byte[] buffer, out ContainerProcess process)
    {
        process = default;
        if (container.Init is not { } init || init.StartedBoottimeNs == 0) return false;
        int directory = Libc.Openat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{proc}/{init.Pid}\0")), Libc.O_PATH | Libc.O_DIRECTORY);
        if (directory < 0) return false;
        process = new ContainerProcess(directory);
        int length = process.Read("stat\0"u8, buffer);
        if (length > 0 && ProcessStatus.StartTicks(buffer.AsSpan(0, length)) * BootClock.TickNs == init.StartedBoottimeNs) return true;
        process.Dispose();
        return false;
    }

    /// <summary>Reads a file of the process, at most as much as fits into the buffer.</summary>
    /// <returns>The number of bytes, or -errno.</returns>
    internal int Read(ReadOnlySpan<byte> nameWithNul, byte[] buffer)
    {
        int file = Libc.Openat(_directory, nameWithNul);
        if (file < 0) return file;
        int length = Libc.PreadFully(file, buffer);
        Libc.Close(file);
        return length;
    }

    /// <summary>Opens its root directory with O_PATH.</summary>
    /// <returns>A descriptor, or -errno.</returns>
    internal int OpenRoot() => Libc.Openat(_directory, "root\0"u8, Libc.O_PATH | Libc.O_DIRECTORY);

    public void Dispose()
    {
        if (_directory > 0) Libc.Close(_directory);
    }
}
