using System.Collections.Immutable;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Linux.KernelLog;

namespace NsCollector.Host.Service;

/// <summary>Which directories a unit's process can write or see (systemd.exec(5), "Sandboxing").</summary>
/// <param name="ReadOnly">Directories whose whole trees are read-only.</param>
/// <param name="Writable">Directories that are writable nevertheless.</param>
/// <param name="Hidden">Directories that appear empty.</param>
/// <param name="Private">Directories that are replaced by private, writable ones.</param>
/// <param name="Missing">Directories of the unit that systemd creates when the service starts, and that do not exist yet.</param>
internal sealed record ServiceDirectories(
    ImmutableArray<string> ReadOnly, ImmutableArray<string> Writable, ImmutableArray<string> Hidden, ImmutableArray<string> Private, ImmutableArray<string> Missing)
{
    // The parents of the directories that systemd creates for a unit.
    private static readonly (string Key, string Parent)[] Created =
    [
        ("StateDirectory", "/var/lib"), ("LogsDirectory", "/var/log"), ("CacheDirectory", "/var/cache"), ("RuntimeDirectory", "/run"),
    ];

    // ProtectSystem=strict leaves these as they are.
    private static readonly string[] Kernel = ["/dev", "/proc", "/sys"];

    private static readonly string[] Homes = ["/home", "/root", "/run/user"];

    internal static ServiceDirectories Of(UnitFile unit)
    {
        string[] created = [.. Created.SelectMany(kind => unit.All(kind.Key).SelectMany(UnitWords.Split).Select(name => $"{kind.Parent}/{name.Split(':')[0]}"))];
        List<string> readOnly = [.. Paths(unit, "ReadOnlyPaths")], hidden = [];
        readOnly.AddRange(unit.Last("ProtectSystem")?.ToLowerInvariant() switch
        {
            "strict" => ["/"],
            "full" => ["/usr", "/boot", "/efi", "/etc"],
            _ when unit.IsOn("ProtectSystem") => ["/usr", "/boot", "/efi"],
            _ => (string[])[],
        });
        string home = unit.Last("ProtectHome")?.ToLowerInvariant() ?? "no";
        if (home == "read-only") readOnly.AddRange(Homes);
        else if (home == "tmpfs" || unit.IsOn("ProtectHome")) hidden.AddRange(Homes);
        if (unit.IsOn("ProtectKernelTunables")) readOnly.AddRange(["/proc/sys", "/sys"]);

        // ProtectKernelTunables= leaves it writable (protect_kernel_tunables_sys_table in systemd's src/core/namespace.c).
        List<string> writable = [];
        (unit.IsOn("ProtectControlGroups") || unit.Last("ProtectControlGroups") is "strict" or "private" ? readOnly : writable).Add("/sys/fs/cgroup");
        return new ServiceDirectories(
            [.. readOnly], [.. writable, .. Paths(unit, "ReadWritePaths"), .. created.Where(Directory.Exists)], [.. hidden],
            unit.IsOn("PrivateTmp") ? ["/tmp", "/var/tmp"] : [], [.. created.Where(path => !Directory.Exists(path))])
        {
            HidesKernelLog = unit.IsOn("ProtectKernelLogs")
                || (unit.IsOn("PrivateDevices") && !Paths(unit, "BindReadOnlyPaths").Concat(Paths(unit, "BindPaths")).Any(path => path.Split(':')[0] == KernelLogReader.Device)),
        };
    }

    /// <summary>Whether the kernel's log cannot be opened: <c>ProtectKernelLogs=</c>, or a private /dev without the device.</summary>
    internal bool HidesKernelLog { get; private init; }

    /// <summary>Gives the calling thread, and what it executes, a mount namespace with these directories. Changes nothing for other processes.</summary>
    /// <returns>0, or -errno.</returns>
    internal int Apply()
    {
        if (ReadOnly.IsEmpty && Hidden.IsEmpty && Private.IsEmpty && !HidesKernelLog) return 0;
        int error = Libc.Unshare(Libc.CLONE_NEWNS);
        if (error < 0) return error;
        error = Libc.Mount(null, "/", null, Libc.MS_REC | Libc.MS_SLAVE);
        if (error < 0) return error;

        // Each is bound to itself first, because only mount points can be read-only.
        foreach (string path in Writable.Concat(ReadOnly).Where(path => path != "/" && Directory.Exists(path))) Libc.Mount(path, path, null, Libc.MS_BIND | Libc.MS_REC);
        foreach ((string point, int flags) in MountPoints())
        {
            // Fails for a mount point that another mount hides, which cannot be written either.
            if (IsReadOnly(point) && (flags & Libc.MS_RDONLY) == 0) Libc.Mount(null, point, null, Libc.MS_REMOUNT | Libc.MS_BIND | Libc.MS_RDONLY | flags);
        }

        // With nodev, the kernel refuses to open the device (may_open_dev in fs/namei.c).
        if (HidesKernelLog && Libc.Mount(KernelLogReader.Device, KernelLogReader.Device, null, Libc.MS_BIND) == 0)
            Libc.Mount(null, KernelLogReader.Device, null, Libc.MS_REMOUNT | Libc.MS_BIND | Libc.MS_NODEV);

        foreach (string path in Hidden.Where(Directory.Exists)) Libc.Mount("tmpfs", path, "tmpfs", Libc.MS_RDONLY | Libc.MS_NOSUID | Libc.MS_NODEV, "mode=0");
        foreach (string path in Private.Where(Directory.Exists)) Libc.Mount("tmpfs", path, "tmpfs", Libc.MS_NOSUID | Libc.MS_NODEV, "mode=1777");
        return 0;
    }

    /// <summary>Whether the most specific entry for a mount point makes it read-only.</summary>
    internal bool IsReadOnly(string point)
    {
        string? readOnly = Longest(ReadOnly, point), writable = Longest(Writable, point);
        if (readOnly is null) return false;
        if (readOnly == "/" && Kernel.Any(path => IsBelow(point, path))) return false;
        return writable is null || writable.Length < readOnly.Length;
    }

    private static string? Longest(ImmutableArray<string> paths, string point) => paths.Where(path => IsBelow(point, path)).MaxBy(path => path.Length);

    private static bool IsBelow(string point, string path) => path == "/" || point == path || point.StartsWith(path + "/", StringComparison.Ordinal);

    // A leading - ignores a missing path, a leading + is about RootDirectory=.
    private static IEnumerable<string> Paths(UnitFile unit, string key) =>
        unit.All(key).SelectMany(UnitWords.Split).Select(path => path.TrimStart('-', '+')).Where(path => path.StartsWith('/'))
            .Select(path => path.Length > 1 ? path.TrimEnd('/') : path);

    private static List<(string Point, int Flags)> MountPoints()
    {
        List<(string, int)> points = [];
        foreach (string line in File.ReadAllLines("/proc/thread-self/mountinfo"))
        {
            if (MountInfo.Parse(line) is not { } mount) continue;
            string[] options = mount.Options.Split(',');
            int flags = (options.Contains("ro") ? Libc.MS_RDONLY : 0) | (options.Contains("nosuid") ? Libc.MS_NOSUID : 0) |
                (options.Contains("nodev") ? Libc.MS_NODEV : 0) | (options.Contains("noexec") ? Libc.MS_NOEXEC : 0);
            points.Add((mount.Point, flags));
        }

        return points;
    }
}
