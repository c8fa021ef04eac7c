using NsCollector.Discover;
using NsCollector.Discover.Recognise;
using static NsCollector.Tests.Discover.Recognise.CgroupPaths;

namespace NsCollector.Tests.Discover.Recognise;

public class LimitOriginTests
{
    [Theory]
    [InlineData(ContainerRuntime.Docker, "/docker/ID", "docker", null, "cgroupfs")]
    [InlineData(ContainerRuntime.Docker, "/system.slice/docker-ID.scope", "docker", null, "systemd")]
    [InlineData(ContainerRuntime.Podman, "/machine.slice/libpod-ID.scope", "podman", null, "systemd")]
    [InlineData(ContainerRuntime.Podman, "/system.slice/web.service/libpod-payload-ID", "podman", null, "cgroupfs")]
    [InlineData(ContainerRuntime.Lxc, "/lxc.payload.web", "lxc", null, "cgroupfs")]
    [InlineData(ContainerRuntime.Nspawn, "/machine.slice/machine-web.scope", "systemd", null, "systemd")]
    [InlineData(ContainerRuntime.Systemd, "/system.slice/nginx.service", "systemd", null, "systemd")]
    [InlineData(ContainerRuntime.Cgroup, "/batch.slice", "systemd", null, "systemd")]
    [InlineData(ContainerRuntime.Cgroup, "/batch/job1", null, null, "cgroupfs")]
    [InlineData(ContainerRuntime.Containerd, "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU_I_D.slice/cri-containerd-ID.scope", "kubernetes", "burstable", "systemd")]
    [InlineData(ContainerRuntime.Crio, "/kubepods/podUID/crio-ID", "kubernetes", "guaranteed", "cgroupfs")]
    [InlineData(ContainerRuntime.Containerd, "/kubepods-besteffort-podU_I_D.slice:cri-containerd:ID", "kubernetes", "besteffort", "cgroupfs")]
    [InlineData(ContainerRuntime.Containerd, "/default/ID", "containerd", null, "cgroupfs")]
    public void Origin_is_read_from_runtime_and_path(ContainerRuntime runtime, string path, string? setBy, string? qosClass, string driver) =>
        Assert.Equal(new LimitOrigin(setBy, qosClass, driver), LimitOrigin.Of(runtime, Expand(path)));
}
