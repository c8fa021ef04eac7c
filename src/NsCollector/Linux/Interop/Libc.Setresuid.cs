using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>geteuid(2).</summary>
    internal static unsafe uint Geteuid()
    {
        uid_t user = LibC.geteuid();
        return *(uint*)&user;
    }

    /// <summary>setresgid(2) and setresuid(2) with one id each. The C library changes all threads.</summary>
    /// <returns>0, or -errno.</returns>
    internal static unsafe int SetUserAndGroup(uint user, uint group)
    {
        uid_t uid = *(uid_t*)&user;
        gid_t gid = *(gid_t*)&group;
        int result = Result(LibC.setresgid(gid, gid, gid));
        return result < 0 ? result : Result(LibC.setresuid(uid, uid, uid));
    }
}
