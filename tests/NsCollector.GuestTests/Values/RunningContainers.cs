using NsCollector.GuestTests.Kernel;

namespace NsCollector.GuestTests.Values;

/// <summary>
/// Containers of every runtime, started together, after known work. It takes one sample of each between two readings of the kernel's
/// values. One run of the agent takes all samples, because a start takes half a minute in emulation.
/// </summary>
public sealed class RunningContainers : IDisposable
{
    internal const string Docker = "web-front.2", DockerHost = "bare", Podman = "web.front_1-a", PodmanInPod = "shop-web", Pod = "shop";
    internal const string NspawnUnit = "front-1", NspawnScope = "back-2", Lxc = "web-1";
    internal const string Incus = "app-1", IncusInProject = "app-2";
    internal const string ServiceLimited = "limited.service", ServiceAlone = "alone.service", ServiceWithLittle = "little.service";

    private readonly Guest _guest;
    private readonly Dictionary<string, RunningContainer> _containers = [];
    private readonly Dictionary<string, BracketedSample> _samples = [];
    private readonly InstalledAgent? _agent;

    /// <summary>Starts them and takes the samples.</summary>
    public RunningContainers(Guest guest)
    {
        _guest = guest;
        if (Guest.SshConfig is null)
            return;
        try
        {
            WorkloadImage.Root(guest);
            Parallel.Invoke(StartOfDocker, StartOfPodman, StartMachines, StartServices, StartIncus);
            RunningContainer[] containers = [.. _containers.Values];
            (string, int)[] places = [.. containers.Select(container => (container.Cgroup, container.Pid))];
            AwaitWork(guest, containers, places);

            _agent = new InstalledAgent(guest, "[discovery]\nsystemd_services = on\n[network]\nloopback = on\n[identity]\nlabels = team, project\n");
            CgroupReading[] before = CgroupReading.Read(guest, places);
            Sample[] samples = [.. containers.Select(container => _agent.AwaitSample(container.Id, before[^1].EndedNs))];
            CgroupReading[] after = CgroupReading.Read(guest, places);
            for (int i = 0; i < containers.Length; i++)
                _samples.Add(containers[i].Name, new BracketedSample(before[i], samples[i], after[i]));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The agent, which is still running.</summary>
    internal InstalledAgent Agent => _agent!;

    /// <summary>All containers.</summary>
    internal IEnumerable<RunningContainer> All => _containers.Values;

    /// <summary>The container with this name.</summary>
    internal RunningContainer Of(string name) => _containers[name];

    /// <summary>The sample of this container.</summary>
    internal BracketedSample SampleOf(string name) => _samples[name];

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Guest.SshConfig is null)
            return;
        _agent?.Dispose();
        Parallel.Invoke(
            () => new Engine(_guest, "docker").Remove(Docker, DockerHost),
            () => _guest.Run($"podman rm -f -t 0 {Podman} > /dev/null; podman pod rm -f -t 0 {Pod} > /dev/null 2>&1 || true"),
            () => NspawnMachine.Remove(_guest, NspawnUnit),
            () => NspawnMachine.Remove(_guest, NspawnScope),
            () => LxcContainer.Remove(_guest, Lxc),
            () => IncusContainer.Remove(_guest, Incus, IncusInProject),
            () => Array.ForEach([ServiceLimited, ServiceAlone, ServiceWithLittle], service => SystemdService.Remove(_guest, service.Split('.')[0])));
    }

    private static void AwaitWork(Guest guest, RunningContainer[] containers, (string Cgroup, int Pid)[] places)
    {
        long[] used = [];
        Guest.Await(
            () =>
            {
                long[] earlier = used;
                CgroupReading[] now = CgroupReading.Read(guest, places);
                used = [.. now.Select(reading => reading.Keyed("cpu.stat", "usage_usec")!.Value)];
                return used.SequenceEqual(earlier) && now.Zip(containers).All(pair => !RunsWorkload(pair.Second) || HasWorked(pair.First));
            },
            "all have done their work",
            () => string.Join(", ", containers.Zip(used)));
    }

    private static bool RunsWorkload(RunningContainer container) => container.Name is not DockerHost && !container.Name.EndsWith("-infra", StringComparison.Ordinal);

    private static bool HasWorked(CgroupReading reading) => reading.Keyed("cpu.stat", "usage_usec") * 1000 >= WorkloadImage.BurntNs && (reading.Number("memory.current") ?? int.MaxValue) >= WorkloadImage.HeldBytes;

    private void StartOfDocker()
    {
        Engine docker = Engine.Docker(_guest);
        docker.Start(Docker, "--memory 64m --cpus 0.5 --pids-limit 50 --label team=blue --label secret=1", $"/bin/sh -c '{WorkloadImage.Script(docker.Gateway)}'");
        docker.Start(DockerHost, "--network host", "/bin/sleep 3600");
        Add(docker.Inspect(Docker));
        Add(docker.Inspect(DockerHost));
    }

    private void StartOfPodman()
    {
        Engine podman = Engine.Podman(_guest);
        podman.Start(Podman, "--memory 64m --cpus 0.5 --pids-limit 50", $"/bin/sh -c '{WorkloadImage.Script(podman.Gateway)}'");
        // podman's default infra image is only a recommended package, and is not installed.
        podman.Run($"pod create --name {Pod} --infra-image {WorkloadImage.Name} --infra-command '/bin/sleep 3600'");
        podman.Start(PodmanInPod, $"--pod {Pod} --memory 64m", $"/bin/sh -c '{WorkloadImage.Script(podman.Gateway)}'");
        Add(podman.Inspect(Podman));
        Add(podman.Inspect(PodmanInPod));
        Add(podman.Inspect(podman.Run($"ps --filter pod={Pod} --format '{{{{.Names}}}}'").Split('\n').Single(name => name != PodmanInPod)));
    }

    private void StartMachines()
    {
        Add(NspawnMachine.StartUnit(_guest, NspawnUnit));
        Add(NspawnMachine.StartScope(_guest, NspawnScope));
    }

    private void StartIncus()
    {
        if (!IncusContainer.IsAvailable(_guest))
            return;
        (RunningContainer limited, RunningContainer inProject) = IncusContainer.Start(_guest, Incus, IncusInProject);
        Add(limited);
        Add(inProject);
    }

    private void StartServices()
    {
        Add(LxcContainer.Start(_guest, Lxc));
        Add(SystemdService.Start(_guest, "limited", "CPUQuota=50%", "MemoryMax=64M", "TasksMax=50", "IOAccounting=yes"));
        _guest.Run("systemctl set-property --runtime tight.slice CPUQuota=80% MemoryMax=96M");
        Add(SystemdService.Start(_guest, "alone", "Slice=tight.slice", "PrivateNetwork=yes", "IOAccounting=yes"));
        Add(SystemdService.Start(_guest, "little", "Slice=little.slice", "MemoryAccounting=no", "TasksAccounting=no", "TasksMax=infinity"));
    }

    private void Add(RunningContainer container)
    {
        lock (_containers)
            _containers.Add(container.Name, container);
    }
}
