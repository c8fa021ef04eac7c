using System.Text.Json;
using NsCollector.GuestTests.Kernel;

namespace NsCollector.GuestTests.Values;

/// <summary>
/// System containers of Incus, with user namespaces of their own: one with limits and a veth pair, and one without a network in
/// another project. Debian has Incus since trixie.
/// </summary>
internal static class IncusContainer
{
    private const string Bridge = "incusbr9", Address = "10.77.3.1", Work = "/var/tmp/incus";

    /// <summary>The project of the second one.</summary>
    public const string Project = "shop";

    /// <summary>Whether the guest has Incus.</summary>
    public static bool IsAvailable(Guest guest) => guest.Try("command -v incus").Status == 0;

    /// <summary>Starts both: one with 64 MiB of memory, half a CPU and 50 tasks, and one without limits.</summary>
    public static (RunningContainer Limited, RunningContainer InProject) Start(Guest guest, string limited, string inProject)
    {
        guest.Write($"{Work}/init", $"""
            #!/bin/sh
            gateway=127.0.0.1
            ip link set lo up
            if ip link set eth0 up; then
                gateway={Address}
                ip addr add 10.77.3.2/24 dev eth0
                until ping -c 1 -W 1 $gateway; do sleep 0.2; done
            fi
            {WorkloadImage.Script("$gateway")}

            """);
        // It reads the configuration of what it creates from standard input.
        guest.Run($$"""
            exec < /dev/null
            set -e
            mkdir -p {{Work}}/rootfs
            cp -a {{WorkloadImage.Root(guest)}}/. {{Work}}/rootfs/
            mkdir -p {{Work}}/rootfs/sbin
            install -m 0755 {{Work}}/init {{Work}}/rootfs/sbin/init
            printf 'architecture: x86_64\ncreation_date: 1\n' > {{Work}}/metadata.yaml
            tar -C {{Work}} -cf {{Work}}/image.tar metadata.yaml rootfs
            systemctl start incus.service
            incus storage create -q default dir
            incus profile device add -q default root disk pool=default path=/
            incus image import -q {{Work}}/image.tar --alias workload
            incus network create -q {{Bridge}} ipv4.address={{Address}}/24 ipv4.dhcp=false ipv4.nat=false ipv6.address=none
            incus project create -q {{Project}} -c features.images=false -c features.profiles=false
            incus launch -q workload {{limited}} --network {{Bridge}} -c limits.memory=64MiB -c limits.cpu.allowance=50ms/100ms -c limits.processes=50
            incus launch -q workload {{inProject}} --project {{Project}}
            """);
        return (Inspect(guest, "default", limited, limited), Inspect(guest, Project, inProject, $"{Project}_{inProject}"));
    }

    /// <summary>Removes both and all that they needed.</summary>
    public static void Remove(Guest guest, string limited, string inProject) =>
        guest.Run($"""
            exec < /dev/null 2> /dev/null
            if systemctl -q is-active incus.service; then
                incus delete -q -f {limited}
                incus delete -q -f {inProject} --project {Project}
                incus project delete -q {Project}
                incus network delete -q {Bridge}
                incus image delete -q workload
                incus profile device remove -q default root
                incus storage delete -q default
                systemctl stop incus.service incus.socket lxcfs.service
            fi
            rm -rf {Work}
            """);

    private static RunningContainer Inspect(Guest guest, string project, string name, string id)
    {
        using JsonDocument state = JsonDocument.Parse(guest.Run($"incus query '/1.0/instances/{name}/state?project={project}' < /dev/null"));
        int pid = state.RootElement.GetProperty("pid").GetInt32();
        string cgroup = CgroupReading.PathOf(guest, pid);
        Assert.Equal("/lxc.payload." + id, cgroup);
        return new RunningContainer("lxc", name, id, null, pid, cgroup);
    }
}
