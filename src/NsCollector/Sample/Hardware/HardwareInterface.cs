namespace NsCollector.Sample.Hardware;

/// <summary>A network interface: /sys/class/net/NAME.</summary>
/// <param name="Name">The kernel's name.</param>
/// <param name="MacAddress">Its hardware address; empty if it has none.</param>
/// <param name="SpeedMbps">Its speed, in 10^6 bits per second; -1 if the driver does not know it; null if the kernel does not say.</param>
/// <param name="Mtu">The longest packet, in bytes.</param>
internal readonly record struct HardwareInterface(string Name, string MacAddress, long? SpeedMbps, long Mtu);
