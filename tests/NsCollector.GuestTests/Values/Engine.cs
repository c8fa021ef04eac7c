using System.Globalization;

namespace NsCollector.GuestTests.Values;

/// <summary>The command line of an engine in the guest: docker or podman, which have the same commands.</summary>
internal sealed class Engine(Guest guest, string name)
{
    /// <summary>Its name, which is also the agent's tag.</summary>
    public string Name => name;

    /// <summary>Docker. Starts its daemon if necessary, because nothing starts it at boot.</summary>
    public static Engine Docker(Guest guest)
    {
        guest.Run("systemctl start docker.service");
        return new Engine(guest, "docker");
    }

    /// <summary>Podman.</summary>
    public static Engine Podman(Guest guest) => new(guest, "podman");

    /// <summary>The host's address in the containers' network.</summary>
    public string Gateway => Run(name == "docker" ? "network inspect bridge -f '{{(index .IPAM.Config 0).Gateway}}'" : "network inspect podman -f '{{(index .Subnets 0).Gateway}}'");

    /// <summary>Runs one of its commands.</summary>
    /// <returns>Its standard output.</returns>
    public string Run(string words) => guest.Run($"{name} {words}");

    /// <summary>Starts a container of <see cref="WorkloadImage"/> that runs <paramref name="command"/>.</summary>
    public void Start(string container, string options, string command)
    {
        WorkloadImage.Import(guest, name);
        Run($"run -d --name {container} {options} {WorkloadImage.Name} {command}");
    }

    /// <summary>Describes a running container. With the systemd driver it is a scope; crun puts the processes into a cgroup below that.</summary>
    public RunningContainer Inspect(string container)
    {
        string[] words = Run("inspect -f '{{.Id}} {{.State.Pid}} " + (name == "docker" ? "{{.Config.Image}}" : "{{.ImageName}}") + "' " + container).Split(' ');
        return new RunningContainer(name, container, words[0], words[2], int.Parse(words[1], CultureInfo.InvariantCulture), guest.Run($"systemctl show -P ControlGroup {ScopeOf(words[0])}"));
    }

    /// <summary>The systemd unit of the container with this id.</summary>
    public string ScopeOf(string id) => $"{(name == "docker" ? "docker" : "libpod")}-{id}.scope";

    /// <summary>Removes containers, running or not, in this order: podman removes none whose network another one uses.</summary>
    public void Remove(params string[] containers) =>
        guest.Run($"for container in {string.Join(' ', containers)}; do {name} rm -f {(name == "podman" ? "-t 0 " : "")}$container > /dev/null 2>&1 || true; done");
}
