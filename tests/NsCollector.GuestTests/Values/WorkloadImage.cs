namespace NsCollector.GuestTests.Values;

/// <summary>The image of the test's containers: a static busybox and <c>burn</c>, from no registry.</summary>
internal static class WorkloadImage
{
    /// <summary>Its name, as the engines take it.</summary>
    public const string Name = "localhost/workload:1";

    /// <summary>What <see cref="Script"/> writes to the disk.</summary>
    public const int WrittenBytes = 4 << 20;

    /// <summary>The memory that it holds.</summary>
    public const int HeldBytes = 20 << 20;

    /// <summary>The CPU time that it burns.</summary>
    public const long BurntNs = 300_000_000;

    /// <summary>The datagrams of 1,000 bytes that it sends.</summary>
    public const int Datagrams = 200;

    /// <summary>What these are in bytes: payload, UDP, IP and Ethernet headers.</summary>
    public const int SentBytes = Datagrams * (1000 + 8 + 20 + 14);

    /// <summary>
    /// Work of every kind that ends in a long sleep; nobody listens where it sends to. Written past the page cache, or it
    /// may be somebody else who waits for the disk, and has the pressure.
    /// </summary>
    public static string Script(string gateway, string file = "/data/file") =>
        $"dd if=/dev/zero of={file} bs=64k count=64 oflag=direct conv=fsync; exec burn --send {gateway}:9:{Datagrams} --cpu-ms 300 --memory-mib 20 --life-ms 3600000";

    /// <summary>Lays out its files.</summary>
    /// <returns>The directory in the guest.</returns>
    public static string Root(Guest guest)
    {
        const string Root = "/var/lib/workload";
        guest.Run($"""
            [ ! -e {Root} ] || exit 0
            mkdir -p {Root}/bin {Root}/data {Root}/dev {Root}/proc {Root}/sys {Root}/etc {Root}/tmp {Root}/run {Root}/usr
            cp /bin/busybox /usr/local/bin/burn {Root}/bin/
            for applet in sh dd sleep nc ping cat ip; do ln -sf busybox {Root}/bin/$applet; done
            """);
        return Root;
    }

    /// <summary>Gives it to an engine, which is docker or podman.</summary>
    public static void Import(Guest guest, string engine) =>
        guest.Run($"{engine} image inspect {Name} > /dev/null 2>&1 || tar -C {Root(guest)} -cf - . | {engine} import - {Name}");
}
