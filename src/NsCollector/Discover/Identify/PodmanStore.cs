using NsCollector.Linux;

namespace NsCollector.Discover.Identify;

/// <summary>
/// The lists of a store's containers by containers/storage: <c>DRIVER-containers</c> below its root, named after the driver
/// of the image layers (containers/storage, store.go and container.go; observed with podman 4.3.1).
/// </summary>
internal static class PodmanStore
{
    // overlay first: it is the default, and the search ends at the first listing that has the container.
    private static readonly string[] Drivers = ["overlay", "vfs", "btrfs", "zfs"];

    /// <summary>The default run root of the root user's store.</summary>
    internal static string RunRoot(HostRoots roots) => roots.Run + "/containers/storage";

    /// <summary>The root of a user's store.</summary>
    internal static string RootlessRoot(string home) => home + "/.local/share/containers/storage";

    /// <summary>The directories in which a store may keep containers, one for each driver, whether they exist or not.</summary>
    /// <param name="root">Its root, without a trailing slash.</param>
    internal static IEnumerable<string> Directories(string root) => Drivers.Select(driver => $"{root}/{driver}-containers");

    /// <summary>The listings that a store may have, whether they exist or not.</summary>
    /// <param name="root">Its root, without a trailing slash.</param>
    internal static IEnumerable<string> Listings(string root) =>
        Drivers.SelectMany(driver => new[] { $"{root}/{driver}-containers/containers.json", VolatileListing(root, driver) });

    /// <summary>
    /// The listings of containers that are removed at their exit (<c>podman run --rm</c>), of a transient store, which keeps
    /// them below its run root.
    /// </summary>
    /// <param name="runRoot">Its run root, without a trailing slash.</param>
    internal static IEnumerable<string> TransientListings(string runRoot) => Drivers.Select(driver => VolatileListing(runRoot, driver));

    private static string VolatileListing(string root, string driver) => $"{root}/{driver}-containers/volatile-containers.json";
}
