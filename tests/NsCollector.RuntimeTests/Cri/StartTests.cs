
namespace NsCollector.RuntimeTests.Cri;

/// <summary>container_start of the containers of a pod.</summary>
public sealed class StartTests(ContainerdEngine engine) : CriTests(engine)
{
    [CriFact]
    public void Start_of_a_container_does_not_await_a_connection_of_its_pod()
    {
        using RunningAgent agent = new("filter:include=containerd/*", $"discovery:containerd_states={Engine.StateDirectory}", "agent:interval=1s", "agent:start_wait=1h");
        using CriPod pod = new(Engine, "start", "tests"), inHost = new(Engine, "start-host", "tests", hostNetwork: true);
        CriContainer first = pod.Start("first", Idle), second = pod.Start("second", "nc -l -p 9 < /dev/null; exec sleep 1000"), third = inHost.Start("third", Idle);
        foreach (string id in new[] { first.Id, second.Id, inHost.Id, third.Id })
        {
            Eventually.True(() => agent.Of("container_start", id).Length > 0, "its start", () => agent.Log);
            Point start = agent.Of("container_start", id)[0];
            Assert.InRange(start.Integer("first_process_ns"), 0, 5_000_000_000);
            Assert.False(start.Has("first_connection_ns") || start.Has("first_connection_min_ns"));
        }

        // The sandbox owns the network of its pod.
        Assert.Empty(agent.Of("container_start", pod.Id));
        first.Execute("sh", "-c", "nc 127.0.0.1 9 < /dev/null");
        Eventually.True(() => agent.Of("container_start", pod.Id).Length > 0, "the start of the sandbox", () => agent.Log);
        Assert.True(agent.Of("container_start", pod.Id)[0].Has("first_connection_ns"));
        agent.AwaitCycles(2);
        Assert.All([pod.Id, first.Id, second.Id, inHost.Id, third.Id], id => Assert.Single(agent.Of("container_start", id)));
    }
}
