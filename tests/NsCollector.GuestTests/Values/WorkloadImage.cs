namespace NsCollector.GuestTests.Values;

/// <summary>The image of the tests' containers: a static busybox and <c>burn</c>. No registry is needed.</summary>
internal static class WorkloadImage
{
    /// <summary>Its name for the engines.</summary>
    public const string Name = "localhost/workload:1";

    /// <summary>The bytes that <see cref="Script"/> writes to the disk.</summary>
    public const int WrittenBytes = 4 << 20;

    /// <summary>The memory that it holds.</summary>
    public const int HeldBytes = 20 << 20;

    /// <summary>The CPU time that it burns.</summary>
    public const long BurntNs = 300_000_000;

    /// <summary>The datagrams of 1,000 bytes that it sends.</summary>
    public const int Datagrams = 200;

    /// <summary>The bytes of these datagrams: payload, UDP, IP and Ethernet headers.</summary>
    public const int SentBytes = Datagrams * (1000 + 8 + 20 + 14);

    /// <summary>
    /// Work of every kind, followed by a long sleep. Nobody receives the datagrams. It writes with O_DIRECT, so that the container itself
    /// waits for the disk and has the pressure, not a kernel thread.
    /// </summary>
    public static string Script(string gateway, string file = "/data/file") =>
        $"dd if=/dev/zero of={file} bs=64k count=64 oflag=direct conv=fsync; exec burn --send {gateway}:9:{Datagrams} --cpu-ms 300 --memory-mib 20 --life-ms 3600000";

    /// <summary>Lays out the image's files.</summary>
    /// <returns>Their directory in the guest.</returns>
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

    /// <summary>Imports it into an engine, docker or podman.</summary>
    public static void Import(Guest guest, string engine) =>
        guest.Run($"{engine} image inspect {Name} > /dev/null 2>&1 || tar -C {Root(guest)} -cf - . | {engine} import - {Name}");
}
