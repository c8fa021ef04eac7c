using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>setgroups(2): the supplementary groups of all threads.</summary>
    /// <returns>0, or -errno.</returns>
    internal static unsafe int Setgroups(ReadOnlySpan<uint> groups)
    {
        fixed (uint* list = groups) return Result(LibC.setgroups(groups.Length, (gid_t*)list));
    }

    /// <summary>getgrouplist(3): the groups of a user, from the databases of nsswitch.conf.</summary>
    /// <param name="user">The user's name.</param>
    /// <param name="group">The primary group, which the result contains too.</param>
    internal static unsafe uint[] Getgrouplist(string user, uint group)
    {
        int count = 1024;
        uint[] groups = new uint[count];
        fixed (byte* name = WithNul(user))
        fixed (uint* list = groups)
        {
            if (LibcImports.getgrouplist(name, group, list, &count) < 0) count = groups.Length;
        }

        return groups[..Math.Min(count, groups.Length)];
    }
}
