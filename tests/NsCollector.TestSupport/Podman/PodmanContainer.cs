using System.Globalization;

namespace NsCollector.TestSupport.Podman;

/// <summary>A running container of <see cref="PodmanEngine"/>, which removes it.</summary>
public sealed class PodmanContainer(PodmanEngine engine, string id)
{
    /// <summary>The address that <see cref="Connect"/> gives it.</summary>
    public const string Address = "10.213.80.2";

    private const string HostInterface = "nsctestpod0";

    /// <summary>The whole id, as podman printed it.</summary>
    public string Id => id;

    /// <summary>Its init process now.</summary>
    public int Pid => int.Parse(Inspect("{{.State.Pid}}"), CultureInfo.InvariantCulture);

    /// <summary>The kernel's own word on it.</summary>
    public ProcessCgroup Cgroup => new(Pid);

    /// <summary>What <c>podman inspect</c> says now.</summary>
    /// <param name="format">A Go template.</param>
    public string Inspect(string format) => engine.Podman("inspect", "--type", "container", "--format", format, id);

    /// <summary>Gives it the interface eth0, whose other end stands on the host and goes when the container does.</summary>
    public void Connect()
    {
        string pid = Pid.ToString(CultureInfo.InvariantCulture);
        Command.Run("ip", "link", "add", HostInterface, "type", "veth", "peer", "name", "eth0", "netns", pid);
        Command.Run("ip", "address", "add", "10.213.80.1/24", "dev", HostInterface);
        Command.Run("ip", "link", "set", HostInterface, "up");
        // nsenter is util-linux's, as is unshare: on every machine.
        Command.Run("nsenter", "--net", "--target", pid, "ip", "address", "add", Address + "/24", "dev", "eth0");
        Command.Run("nsenter", "--net", "--target", pid, "ip", "link", "set", "eth0", "up");
    }
}
