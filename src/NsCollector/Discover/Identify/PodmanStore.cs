namespace NsCollector.Discover.Identify;

/// <summary>
/// Where containers/storage lists the containers of a store: <c>DRIVER-containers</c> below its root, named after the
/// driver that keeps the images' layers (containers/storage, store.go and container.go; seen with podman 4.3.1).
/// </summary>
internal static class PodmanStore
{
    // overlay first: it is the default, and where a container is found the others are not looked for.
    private static readonly string[] Drivers = ["overlay", "vfs", "btrfs", "zfs"];

    /// <summary>Where a store may keep its containers, one directory a driver, whether they exist or not.</summary>
    /// <param name="root">Its root, without a slash at the end.</param>
    internal static IEnumerable<string> Directories(string root) => Drivers.Select(driver => $"{root}/{driver}-containers");

    /// <summary>The listings that a store may have, whether they exist or not.</summary>
    /// <param name="root">Its root, without a slash at the end.</param>
    internal static IEnumerable<string> Listings(string root) =>
        Drivers.SelectMany(driver => new[] { $"{root}/{driver}-containers/containers.json", VolatileListing(root, driver) });

    /// <summary>
    /// The listings of what is removed when it ends (<c>podman run --rm</c>) in a store configured as transient, which has
    /// them below its run root.
    /// </summary>
    /// <param name="runRoot">Its run root, without a slash at the end.</param>
    internal static IEnumerable<string> TransientListings(string runRoot) => Drivers.Select(driver => VolatileListing(runRoot, driver));

    private static string VolatileListing(string root, string driver) => $"{root}/{driver}-containers/volatile-containers.json";
}
