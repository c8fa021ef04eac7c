using System.Globalization;

namespace NsCollector.RuntimeTests.Docker;

/// <summary>
/// Docker-in-Docker: a container of <see cref="DockerEngine"/> in which another real dockerd runs, with one container of its
/// own. The programs are the host's, mounted read-only. Disposing removes all of it.
/// </summary>
internal sealed class DaemonInContainer : IDisposable
{
    /// <summary>The inner container's name.</summary>
    internal const string InnerName = "inner.web-1";

    /// <summary>The inner container's image.</summary>
    internal const string InnerImage = "inner:7";

    private readonly DockerContainer _outer;

    // The daemon writes below /sys/fs/cgroup, which is read-only without --privileged. That option fails on a host without
    // all capabilities, so the mounts are changed here.
    private const string Script =
        """
        for mount in /sys/fs/cgroup /sys/fs/cgroup/*; do mount -o remount,rw,bind $mount; done 2> /dev/null
        mount -t tmpfs tmpfs /run
        mount -t tmpfs tmpfs /tmp
        echo "$DAEMON_JSON" > /tmp/daemon.json
        dockerd --config-file /tmp/daemon.json --storage-driver vfs --iptables=false --ip6tables=false --ip-forward=false \
            --ip-masq=false --userland-proxy=false --bip 10.213.79.1/24 > /tmp/log 2>&1 &
        daemon=$!
        until docker info > /dev/null 2>&1; do kill -0 $daemon || cat /tmp/log; sleep 0.1; done
        mkdir -p /tmp/image/bin && cp /bin/busybox /tmp/image/bin
        tar -C /tmp/image -c . | docker import - $IMAGE
        echo inner $(docker run --detach --name $NAME $IMAGE /bin/busybox sleep 1000)
        wait
        """;

    /// <summary>Starts both, and waits until the inner container runs.</summary>
    /// <param name="engine">The outer daemon.</param>
    /// <param name="name">The outer container's name.</param>
    /// <param name="cgroupNamespace"><c>host</c> or <c>private</c>.</param>
    /// <param name="configuration">The daemon.json of the inner daemon.</param>
    internal DaemonInContainer(DockerEngine engine, string name, string cgroupNamespace, string configuration = "{}")
    {
        string[] programs = [.. new[] { "/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc" }.Where(Directory.Exists).SelectMany(path => new[] { "--volume", $"{path}:{path}:ro" })];
        _outer = engine.Start(
            name,
            [
                "--cap-add=ALL", "--cap-drop=SYS_RESOURCE", "--security-opt=seccomp=unconfined", "--security-opt=apparmor=unconfined",
                "--security-opt=systempaths=unconfined", $"--cgroupns={cgroupNamespace}", "--volume=/var/lib/docker", "--volume=/inner", .. programs,
                "--env", "DAEMON_JSON=" + configuration, "--env", "NAME=" + InnerName, "--env", "IMAGE=" + InnerImage,
            ],
            Script);
        try
        {
            Eventually.True(() => _outer.Output.Any(line => line.StartsWith("inner ", StringComparison.Ordinal)), "the inner container runs", () => string.Join('\n', _outer.Output));
            InnerId = _outer.Output.Single(line => line.StartsWith("inner ", StringComparison.Ordinal))["inner ".Length..];
            Pid = _outer.Pid;
            string outer = File.ReadLines($"/proc/{Pid}/cgroup").Select(line => line.Split(':', 3)).First(line => line[1] == "pids" || line[0] == "0")[2];
            CgroupDirectory = new[] { "/sys/fs/cgroup/pids", "/sys/fs/cgroup" }.First(mount => File.Exists(mount + outer + "/cgroup.procs")) + outer;

            // The kernel's list of the processes, wherever the runtimes have put the inner cgroup.
            string inner = Assert.Single(Directory.EnumerateDirectories(CgroupDirectory, "*", SearchOption.AllDirectories), path => path.Contains(InnerId, StringComparison.Ordinal));
            InnerPid = int.Parse(Assert.Single(File.ReadAllLines(inner + "/cgroup.procs")), CultureInfo.InvariantCulture);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The outer container's id.</summary>
    internal string Id => _outer.Id;

    /// <summary>The host's pid of the outer container's init process.</summary>
    internal int Pid { get; }

    /// <summary>The outer container's cgroup.</summary>
    internal string CgroupDirectory { get; } = "";

    /// <summary>The inner container's id.</summary>
    internal string InnerId { get; } = "";

    /// <summary>The host's pid of the inner container's init process.</summary>
    internal int InnerPid { get; }

    /// <summary>Runs the <c>docker</c> of the inner daemon; it must succeed.</summary>
    internal string InnerDocker(string arguments) => _outer.Execute("docker " + arguments);

    /// <inheritdoc/>
    public void Dispose() => _outer.Dispose();
}
