using System.Text;
using NsCollector.Linux.Interop;

namespace NsCollector.Linux;

/// <summary>The identifiers of the host and of its current boot. One that cannot be read is null.</summary>
/// <param name="BootId">/proc/sys/kernel/random/boot_id (random(4)), which changes with each boot.</param>
/// <param name="MachineId">/etc/machine-id of process 1 (machine-id(5)), or that of D-Bus.</param>
/// <param name="SystemUuid">/sys/class/dmi/id/product_uuid, which only root may read.</param>
internal sealed record MachineIdentity(string? BootId, string? MachineId, string? SystemUuid)
{
    private const int MaxBytes = 64;

    /// <summary>Reads them.</summary>
    internal static MachineIdentity Read(HostRoots roots) => new(
        Text($"{roots.Proc}/sys/kernel/random/boot_id"),
        Text($"{roots.Proc}/1/root/etc/machine-id") ?? Text($"{roots.Proc}/1/root/var/lib/dbus/machine-id"),
        Text($"{roots.Sys}/class/dmi/id/product_uuid"));

    private static string? Text(string path)
    {
        int descriptor = Libc.Openat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(path + "\0"));
        if (descriptor < 0) return null;
        Span<byte> bytes = stackalloc byte[MaxBytes];
        int length = Libc.Pread(descriptor, bytes, 0);
        Libc.Close(descriptor);
        ReadOnlySpan<byte> text = length > 0 ? bytes[..length].TrimEnd((byte)'\n') : default;

        // All three are UUIDs or their digits. "uninitialized" is a machine-id before the first boot.
        return text.IsEmpty || length == MaxBytes || text.ContainsAnyExcept("0123456789abcdefABCDEF-"u8) ? null : Encoding.ASCII.GetString(text);
    }
}
