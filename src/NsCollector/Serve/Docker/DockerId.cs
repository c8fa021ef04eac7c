using System.Security.Cryptography;
using System.Text;
using NsCollector.Discover;
using NsCollector.Discover.Recognise;

namespace NsCollector.Serve.Docker;

/// <summary>The ids of containers in Docker's API: 64 lower-case hexadecimal digits.</summary>
internal static class DockerId
{
    /// <summary>
    /// The id of a container: its own, or, if its runtime does not use such ids, a hash of its runtime and that id. It does not depend on the cgroup, which
    /// a container that does not run does not have.
    /// </summary>
    /// <param name="runtime">The runtime.</param>
    /// <param name="id">The id that the runtime uses.</param>
    internal static string Of(ContainerRuntime runtime, string id) => OciId.Is(id) ? id : Hash($"{runtime.ToString().ToLowerInvariant()}\0{id}");

    /// <summary>The id of a running container.</summary>
    internal static string Of(Container container) => Of(container.Identity.Runtime, container.Identity.Id);

    /// <summary>Another id, if this one is taken.</summary>
    internal static string Next(string id) => Hash(id);

    /// <summary>A stable id of this form for a text: its SHA-256.</summary>
    internal static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
