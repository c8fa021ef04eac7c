namespace NsCollector.GuestTests.Values;

/// <summary>The image of the test's containers: a static busybox and <c>burn</c>, from no registry.</summary>
internal static class WorkloadImage
{
    /// <summary>Its name, as the engines take it.</summary>
    public const string Name = "localhost/workload:1";

    /// <summary>
    /// Work of every kind that ends in a long sleep: 4 MiB written to the disk, 300 ms of CPU, 20 MiB of memory, and
    /// <paramref name="datagrams"/> of 1,000 bytes to nobody.
    /// </summary>
    public static string Script(string gateway, int datagrams) =>
        $"dd if=/dev/zero of=/data/file bs=64k count=64 conv=fsync; exec burn --send {gateway}:9:{datagrams} --cpu-ms 300 --memory-mib 20 --life-ms 3600000";

    /// <summary>Lays out its files.</summary>
    /// <returns>The directory in the guest.</returns>
    public static string Root(Guest guest)
    {
        const string Root = "/var/lib/workload";
        guest.Run($"""
            [ ! -e {Root} ] || exit 0
            mkdir -p {Root}/bin {Root}/data {Root}/dev {Root}/proc {Root}/sys {Root}/etc {Root}/tmp {Root}/run {Root}/usr
            cp /bin/busybox /usr/local/bin/burn {Root}/bin/
            for applet in sh dd sleep nc ping cat; do ln -sf busybox {Root}/bin/$applet; done
            """);
        return Root;
    }

    /// <summary>Gives it to an engine, which is docker or podman.</summary>
    public static void Import(Guest guest, string engine) =>
        guest.Run($"{engine} image inspect {Name} > /dev/null 2>&1 || tar -C {Root(guest)} -cf - . | {engine} import - {Name}");
}
