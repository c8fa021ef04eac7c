using System.Security.Cryptography;
using System.Text;
using NsCollector.Discover;

namespace NsCollector.Serve.Docker;

/// <summary>The ids of containers in Docker's API: 64 lower-case hexadecimal digits.</summary>
internal static class DockerId
{
    /// <summary>The id of a container: its own, or, if its runtime does not use such ids, a hash of its runtime and its cgroup.</summary>
    internal static string Of(Container container)
    {
        ContainerIdentity identity = container.Identity;
        if (identity.HasHexadecimalId) return identity.Id;
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{identity.Runtime}\0{container.CgroupPath}")));
    }
}
