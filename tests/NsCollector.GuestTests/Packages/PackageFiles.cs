namespace NsCollector.GuestTests.Packages;

/// <summary>
/// The output of <c>packaging/package</c>: this version, and an earlier one (<c>--version</c>) to upgrade from.
/// </summary>
internal static class PackageFiles
{
    /// <summary>Copies the only file of this version that matches a pattern into the guest.</summary>
    /// <returns>Its path in the guest.</returns>
    public static string UnderTest(Guest guest, string pattern) => CopyToGuest(guest, "PACKAGES_UNDER_TEST", pattern);

    /// <inheritdoc cref="UnderTest"/>
    public static string Earlier(Guest guest, string pattern) => CopyToGuest(guest, "EARLIER_PACKAGES_UNDER_TEST", pattern);

    /// <summary>The file of the earlier version that matches a pattern, on the host.</summary>
    public static string FileOfEarlier(string pattern) => Find("EARLIER_PACKAGES_UNDER_TEST", pattern);

    private static string CopyToGuest(Guest guest, string variable, string pattern)
    {
        string file = Find(variable, pattern), path = "/root/packages/" + Path.GetFileName(file);
        guest.CopyIn(file, path);
        return path;
    }

    private static string Find(string variable, string pattern)
    {
        string directory = Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : throw new InvalidOperationException($"{variable} is not set; tests/run sets it");
        return Assert.Single(Directory.GetFiles(directory, pattern));
    }
}
