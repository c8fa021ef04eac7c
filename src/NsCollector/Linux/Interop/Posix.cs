using System.Globalization;
using System.Runtime.InteropServices;
using Mono.Unix.Native;

namespace NsCollector.Linux.Interop;

/// <summary>
/// Accounts, groups and access(2), over Mono.Posix. The package has a native library, which is installed beside the
/// executable. Without it every result here is "not known", nothing throws, and <see cref="Problem"/> has the reason.
/// </summary>
internal static class Posix
{
    private const string HelperFile = "libMonoPosixHelper.so";

    /// <summary>Why nothing can be looked up, and what to do about it; null if the library can be loaded.</summary>
    internal static string? Problem { get; } = TryHelper();

    /// <summary>The number of a user: a number is itself, a name is looked up by getpwnam(3), which also uses LDAP and others (nsswitch.conf).</summary>
    internal static AccountLookup FindUser(string name, out uint number) => Find(name, static name => Syscall.getpwnam(name)?.pw_uid, out number);

    /// <summary>The number of a group, by getgrnam(3); see <see cref="FindUser"/>.</summary>
    internal static AccountLookup FindGroup(string name, out uint number) => Find(name, static name => Syscall.getgrnam(name)?.gr_gid, out number);

    /// <summary>getpwuid(3): a user's home directory.</summary>
    /// <returns>The directory; null if there is no such user, or if users cannot be looked up.</returns>
    internal static string? HomeOf(uint user) => IfLoaded(() => Syscall.getpwuid(user)?.pw_dir);

    /// <summary>getpwuid(3): a user's name and primary group.</summary>
    /// <returns>Both; null if there is no such user, or if users cannot be looked up.</returns>
    internal static (string Name, uint Group)? AccountOf(uint user) =>
        IfLoaded<(string, uint)?>(() => Syscall.getpwuid(user) is { } found ? (found.pw_name, found.pw_gid) : null);

    /// <summary>access(2): what the process may do with a file, by its real user and group.</summary>
    /// <returns>0, or -errno; null if that is not known.</returns>
    internal static int? Access(string path, AccessModes modes) =>
        IfLoaded<int?>(() => Syscall.access(path, modes) == 0 ? 0 : -Marshal.GetLastPInvokeError());

    private static AccountLookup Find(string name, Func<string, uint?> lookUp, out uint number)
    {
        // Works without the library.
        if (uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out number)) return AccountLookup.Found;
        (AccountLookup lookup, number) = IfLoaded<(AccountLookup, uint)?>(() => lookUp(name) is { } found ? (AccountLookup.Found, found) : (AccountLookup.Unknown, 0))
            ?? (AccountLookup.Impossible, 0);
        return lookup;
    }

    private static T? IfLoaded<T>(Func<T?> call)
    {
        if (Problem is not null) return default;
        try
        {
            return call();
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException or TypeInitializationException)
        {
            // A library of this name can be loaded, but it is not the package's.
            return default;
        }
    }

    // Loaded only for a moment: most agents never look up an account, and the library would stay resident.
    private static string? TryHelper()
    {
        if (NativeLibrary.TryLoad("MonoPosixHelper", typeof(Syscall).Assembly, null, out nint handle))
        {
            NativeLibrary.Free(handle);
            return null;
        }

        string path = Path.Combine(AppContext.BaseDirectory, HelperFile);
        return File.Exists(path)
            ? $"{path} cannot be loaded; install the libraries that ldd reports as missing (it needs libz.so.1 and librt.so.1)"
            : $"{path} is missing; copy {HelperFile} there, or install the package again";
    }
}
