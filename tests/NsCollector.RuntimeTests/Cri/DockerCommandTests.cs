using System.Globalization;

namespace NsCollector.RuntimeTests.Cri;

/// <summary>Containers of a pod in the docker command against the agent's socket.</summary>
public sealed class DockerCommandTests(ContainerdEngine engine) : CriTests(engine)
{
    [CriFact("docker")]
    public void Containers_of_a_pod_have_stats_top_and_inspect()
    {
        string directory = Directory.CreateTempSubdirectory("nscollector-poddocker-").FullName, socket = Path.Combine(directory, "docker.sock");
        try
        {
            using var pod = new CriPod(Engine, "web-0", "shop");
            CriContainer application = pod.Start("app", "head -c 300000 /dev/zero > /dev/null; exec sleep 1000");
            using RunningAgent agent = new($"discovery:containerd_states={Engine.StateDirectory}", "agent:interval=250ms", $"docker_api:listen=unix:{socket}");
            agent.AwaitSampled(application.Id);
            agent.AwaitSampled(pod.Id);
            string name = $"k8s_app_web-0_shop_{pod.Uid}_0", sandbox = $"k8s_POD_web-0_shop_{pod.Uid}_0";
            Eventually.True(() => !((string[])[name, sandbox]).Except(Docker("ps", "--format", "{{.Names}}").Split('\n')).Any(), "both containers of the pod", () => agent.Log);

            Assert.Equal($"/{name} running {application.Pid} {application.Id}", Docker("inspect", "--format", "{{.Name}} {{.State.Status}} {{.State.Pid}} {{.Id}}", name));
            Assert.Equal($"container:{pod.Id}", Docker("inspect", "--format", "{{.HostConfig.NetworkMode}}", name));
            string[] top = Docker("top", application.Id).Split('\n');
            Assert.Contains(top, line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1] == application.Pid.ToString(CultureInfo.InvariantCulture));
            Assert.Equal($"{name}|1", Docker("stats", "--no-stream", "--format", "{{.Name}}|{{.PIDs}}", name));

            // The network of a pod is its sandbox's.
            string address = Command.Run("nsenter", "-t", $"{application.Pid}", "-n", "ip", "-4", "-o", "address", "show", "eth0").Split(' ', StringSplitOptions.RemoveEmptyEntries)[3];
            Assert.Equal(address, Docker("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}/{{.IPPrefixLen}}{{end}}", sandbox));
            Assert.Equal(sandbox, Docker("ps", "--filter", "label=io.kubernetes.pod.name=web-0", "--filter", $"name={sandbox}", "--format", "{{.Names}}"));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }

        string Docker(params string[] arguments) => Command.Run("docker", ["--host", $"unix://{socket}", .. arguments]);
    }
}
