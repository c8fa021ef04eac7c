using System.Globalization;

namespace NsCollector.TestSupport.Podman;

/// <summary>A running container of <see cref="PodmanEngine"/>, which removes it.</summary>
public sealed class PodmanContainer(PodmanEngine engine, string id)
{
    /// <summary>The address that <see cref="Connect"/> gives it.</summary>
    public const string Address = "10.213.82.2";

    private const string HostInterface = "nsctestpod0";

    /// <summary>Its full id.</summary>
    public string Id => id;

    /// <summary>The current pid of its init process.</summary>
    public int Pid => int.Parse(Inspect("{{.State.Pid}}"), CultureInfo.InvariantCulture);

    /// <summary>The kernel's values of its cgroup.</summary>
    public ProcessCgroup Cgroup => new(Pid);

    /// <summary>The current output of <c>podman inspect</c>.</summary>
    /// <param name="format">A Go template.</param>
    public string Inspect(string format) => engine.Podman("inspect", "--type", "container", "--format", format, id);

    /// <summary>Gives it the interface eth0, whose veth peer is on the host and disappears with the container.</summary>
    public void Connect()
    {
        string pid = Pid.ToString(CultureInfo.InvariantCulture);
        Command.Run("ip", "link", "add", HostInterface, "type", "veth", "peer", "name", "eth0", "netns", pid);
        Command.Run("ip", "address", "add", "10.213.82.1/24", "dev", HostInterface);
        Command.Run("ip", "link", "set", HostInterface, "up");
        // nsenter belongs to util-linux, as unshare does, so it is on every machine.
        Command.Run("nsenter", "--net", "--target", pid, "ip", "address", "add", Address + "/24", "dev", "eth0");
        Command.Run("nsenter", "--net", "--target", pid, "ip", "link", "set", "eth0", "up");
    }
}
