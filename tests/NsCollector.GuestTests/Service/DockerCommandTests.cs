using System.Globalization;
using NsCollector.GuestTests.Values;

namespace NsCollector.GuestTests.Service;

/// <summary>The docker command of Debian over the socket of the confined service, with containers of several runtimes on cgroup v2.</summary>
[Collection(GuestCollection.Name)]
public sealed class DockerCommandTests(Guest guest)
{
    private const string Socket = "/run/nscollector/docker.sock";
    private const string OfDocker = "nsc-command", OfPodman = "nsc-shop", OfNspawn = "nsc-back", OfLxc = "nsc-lxc";

    [TrixieFact]
    public void Containers_of_four_runtimes_have_stats_top_and_inspect()
    {
        Engine docker = Engine.Docker(guest), podman = Engine.Podman(guest);
        docker.Remove(OfDocker);
        podman.Remove(OfPodman);
        try
        {
            docker.Start(OfDocker, "--memory 64m", "sleep 3600");
            podman.Start(OfPodman, "", "sleep 3600");
            RunningContainer[] containers = [docker.Inspect(OfDocker), podman.Inspect(OfPodman), NspawnMachine.StartScope(guest, OfNspawn), LxcContainer.Start(guest, OfLxc)];
            using var agent = new InstalledAgent(guest, $"[docker_api]\nlisten = unix:{Socket}\n");
            Guest.Await(() => containers.All(one => Names().Contains(one.Name)), "all containers", () => agent.Log);
            foreach (RunningContainer container in containers)
            {
                Assert.Equal($"/{container.Name} running {container.Pid}", Docker($"inspect --format '{{{{.Name}}}} {{{{.State.Status}}}} {{{{.State.Pid}}}}' {container.Name}"));
                string[] top = Docker($"top {container.Name}").Split('\n');
                Assert.Contains(top, line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1] == container.Pid.ToString(CultureInfo.InvariantCulture));
                string[] columns = [];
                Guest.Await(
                    () => (columns = Docker($"stats --no-stream --format '{{{{.Name}}}}|{{{{.PIDs}}}}|{{{{.MemUsage}}}}' {container.Name}").Split('|'))[1] == guest.Read($"/sys/fs/cgroup{container.Cgroup}/pids.current"),
                    "the kernel's number of processes", () => string.Join('|', columns));
                Assert.Equal(container.Name, columns[0]);
                Assert.DoesNotContain("0B /", columns[2], StringComparison.Ordinal);
            }

            Assert.EndsWith("/ 64MiB", Docker($"stats --no-stream --format '{{{{.MemUsage}}}}' {OfDocker}"), StringComparison.Ordinal);

            // An event of a runtime that dockerd does not know.
            string since = guest.Run("date +%s");
            podman.Remove(OfPodman);
            Guest.Await(
                () => Docker($"events --since {since} --until 0s --filter container={OfPodman} --format '{{{{.Action}}}}'").Split('\n').Contains("die"),
                "the end of podman's container", () => agent.Log);
        }
        finally
        {
            docker.Remove(OfDocker);
            podman.Remove(OfPodman);
            NspawnMachine.Remove(guest, OfNspawn);
            LxcContainer.Remove(guest, OfLxc);
        }
    }

    private string[] Names() => guest.Try($"docker -H unix://{Socket} ps --format '{{{{.Names}}}}'") is (0, string output, _) ? output.Split('\n') : [];

    private string Docker(string words) => guest.Run($"docker -H unix://{Socket} {words}");
}
