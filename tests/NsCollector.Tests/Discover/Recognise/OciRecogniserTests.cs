using NsCollector.Discover;
using NsCollector.Discover.Recognise;
using static NsCollector.Tests.Discover.Recognise.CgroupPaths;

namespace NsCollector.Tests.Discover.Recognise;

/// <summary>The runtimes with ids in their paths, through all recognisers in order, so that a wrong match of another one shows too.</summary>
public class OciRecogniserTests
{
    private static readonly ContainerRecognisers Recognisers = new(new DiscoverOptions { SystemdServices = true });

    [Theory]
    [InlineData("/docker/ID")]
    [InlineData("/system.slice/docker-ID.scope")]
    [InlineData("/my.slice/docker-ID.scope")]
    [InlineData("/my/own/parent/ID")]
    [InlineData("/user.slice/user-1000.slice/user@1000.service/user.slice/docker-ID.scope")]
    [InlineData("/docker-ce/docker/ID")]
    [InlineData("/ID")]
    [InlineData("/init.scope/system.slice/docker-ID.scope")]
    [InlineData("/docker/OTHER/docker/ID")]
    [InlineData("/system.slice/docker-OTHER.scope/docker/ID")]
    [InlineData("/system.slice/docker-OTHER.scope/system.slice/docker-ID.scope")]
    [InlineData("/ecs/0123456789abcdef0123456789abcdef/ID")]
    [InlineData("/ecs/cluster/0123456789abcdef0123456789abcdef/ID")]
    [InlineData("/ecstasks.slice/ecstasks-0123456789abcdef0123456789abcdef.slice/docker-ID.scope")]
    [InlineData("/lxc.payload.host/docker/ID")]
    [InlineData("/lxc/host/docker/ID")]
    [InlineData("/lxc/101/ns/system.slice/docker-ID.scope")]
    [InlineData("/system.slice:docker:ID")]
    [InlineData("/system.slice/docker.service/my.slice:docker:ID")]
    [InlineData("/:docker:ID")]
    public void Docker_container_is_recognised(string path) => AssertIs(ContainerRuntime.Docker, path, podUid: null);

    [Theory]
    [InlineData("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU_I_D.slice/docker-ID.scope", PodUid)]
    [InlineData("/kubepods.slice/kubepods-podU_I_D.slice/docker-ID.scope", PodUid)]
    [InlineData("/kubepods-burstable-podU_I_D.slice:docker:ID", PodUid)]
    public void Docker_container_in_a_pod_is_recognised(string path, string podUid) => AssertIs(ContainerRuntime.Docker, path, podUid);

    [Theory]
    [InlineData("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU_I_D.slice/cri-containerd-ID.scope", PodUid)]
    [InlineData("/kubepods.slice/kubepods-podU_I_D.slice/cri-containerd-ID.scope", PodUid)]
    [InlineData("/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-podSTATIC.slice/cri-containerd-ID.scope", StaticPodUid)]
    [InlineData("/kubepods/podUID/ID", PodUid)]
    [InlineData("/kubepods/burstable/podUID/ID", PodUid)]
    [InlineData("/kubepods/besteffort/podSTATIC/ID", StaticPodUid)]
    [InlineData("/system.slice/kubelet.service/kubepods/burstable/podUID/ID", PodUid)]
    [InlineData("/system.slice/containerd.service/kubepods-burstable-podU_I_D.slice:cri-containerd:ID", PodUid)]
    [InlineData("/kubepods-burstable-pod1c2d.slice:cri-containerd:ID", null)]
    [InlineData("/system.slice/docker-OTHER.scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-podU_I_D.slice/cri-containerd-ID.scope", PodUid)]
    [InlineData("/docker/OTHER/kubelet/kubepods/besteffort/podUID/ID", PodUid)]
    [InlineData("/user.slice/user-1000.slice/user@1000.service/user.slice/k3s/kubepods/podUID/ID", PodUid)]
    [InlineData("/system.slice/nerdctl-ID.scope", null)]
    [InlineData("/user.slice/user-1000.slice/user@1000.service/user.slice/nerdctl-ID.scope", null)]
    [InlineData("/default/ID", null)]
    [InlineData("/k8s.io/ID", null)]
    [InlineData("/buildkit/ID", null)]
    [InlineData("/docker/OTHER/buildkit/ID", null)]
    [InlineData("/system.slice:nerdctl:ID", null)]
    public void Containerd_container_is_recognised(string path, string? podUid) => AssertIs(ContainerRuntime.Containerd, path, podUid);

    [Theory]
    [InlineData("/ecs/0123456789abcdef0123456789abcdef/0123456789abcdef0123456789abcdef-1234567890")]
    [InlineData("/ecs/cluster/0123456789abcdef0123456789abcdef/0123456789abcdef0123456789abcdef-1")]
    public void Fargate_container_is_recognised_by_the_id_of_its_task(string path)
    {
        RecognisedContainer container = Assert.NotNull(Recognisers.Recognise(path));
        Assert.Equal(new RecognisedContainer(ContainerRuntime.Containerd, path[(path.LastIndexOf('/') + 1)..], null, null), container);
    }

    [Theory]
    [InlineData("/ecs/0123456789abcdef0123456789abcdef/fedcba9876543210fedcba9876543210-1")]
    [InlineData("/x/0123456789abcdef0123456789abcdef/0123456789abcdef0123456789abcdef-1")]
    [InlineData("/ecs/0123456789abcdef0123456789abcdef/0123456789abcdef0123456789abcdef-")]
    [InlineData("/ecs/0123456789abcdef0123456789abcdef/0123456789abcdef0123456789abcdef-1x")]
    [InlineData("/ecs/0123456789abcdef0123456789abcdef")]
    public void Text_that_resembles_a_Fargate_id_is_not_an_id(string path) => AssertNone(path);

    [Theory]
    [InlineData("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU_I_D.slice/crio-ID.scope", PodUid)]
    [InlineData("/kubepods/burstable/podUID/crio-ID", PodUid)]
    [InlineData("/kubepods.slice/kubepods-podU_I_D.slice/crio-ID", PodUid)]
    [InlineData("/crio/crio-ID", null)]
    [InlineData("/system.slice/crio-ID.scope", null)]
    [InlineData("/system.slice:crio:ID", null)]
    [InlineData("/system.slice/crio.service/kubepods-burstable-podU_I_D.slice:crio:ID", PodUid)]
    public void Crio_container_is_recognised(string path, string? podUid) => AssertIs(ContainerRuntime.Crio, path, podUid);

    [Theory]
    [InlineData("/machine.slice/libpod-ID.scope")]
    [InlineData("/libpod_parent/libpod-ID")]
    [InlineData("/libpod_parent/OTHER/libpod-ID")]
    [InlineData("/system.slice/web.service/libpod-payload-ID")]
    [InlineData("/machine.slice/machine-libpod_pod_OTHER.slice/libpod-ID.scope")]
    [InlineData("/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-ID.scope")]
    [InlineData("/user.slice/user-1000.slice/user@1000.service/user.slice/user-libpod_pod_OTHER.slice/libpod-ID.scope")]
    [InlineData("/user.slice/user-1000.slice/user@1000.service/app.slice/web.service/libpod-payload-ID")]
    [InlineData("/user.slice/user-1000.slice/user@1000.service/user.slice/podman-4711.scope/ID")]
    [InlineData("/machine.slice:libpod:ID")]
    [InlineData("/user.slice/user-1000.slice/user@1000.service/user.slice:libpod:ID")]
    public void Podman_container_is_recognised(string path) => AssertIs(ContainerRuntime.Podman, path, podUid: null);

    [Theory]
    [InlineData("/kubepods.slice/kubepods-podU_I_D.slice/crio-conmon-ID.scope")]
    [InlineData("/crio/crio-conmon-ID")]
    [InlineData("/system.slice:crio-conmon:ID")]
    [InlineData("/machine.slice:libpod-conmon:ID")]
    [InlineData("/system.slice:other:ID")]
    [InlineData("/system.slice:docker:IDa")]
    [InlineData("/machine.slice/libpod-conmon-ID.scope")]
    [InlineData("/libpod_parent/conmon")]
    [InlineData("/libpod_parent/ID")]
    [InlineData("/libpod_parent/ID/conmon")]
    [InlineData("/libpod_parent/libpod-conmon-ID")]
    [InlineData("/user.slice/user-1000.slice/user@1000.service/user.slice/podman-4711.scope")]
    [InlineData("/user.slice/user-1000.slice/user@1000.service/user.slice/podman-pause-4f3e2d1c.scope")]
    [InlineData("/user.slice/user-1000.slice/user@1000.service/user.slice/rootless-netns-4f3e2d1c.scope")]
    [InlineData("/kata_overhead/ID")]
    [InlineData("/system.slice/containerd.service/cpuset/ID")]
    public void Cgroups_of_the_runtimes_themselves_are_not_containers(string path) => AssertNone(path);

    [Theory]
    [InlineData("/docker/ID/init.scope")]
    [InlineData("/docker/ID/system.slice")]
    [InlineData("/docker/ID/system.slice/cron.service")]
    [InlineData("/docker/ID/docker")]
    [InlineData("/docker/ID/OTHER")]
    [InlineData("/system.slice/docker-ID.scope/system.slice/cron.service")]
    [InlineData("/system.slice/docker-ID.scope/OTHER")]
    [InlineData("/machine.slice/libpod-ID.scope/container")]
    [InlineData("/machine.slice/libpod-ID.scope/container/system.slice/cron.service")]
    [InlineData("/libpod_parent/libpod-ID/ctr")]
    [InlineData("/kubepods.slice/kubepods-podU_I_D.slice/crio-ID.scope/container")]
    [InlineData("/kubepods/podUID/ID/init.scope")]
    public void Cgroup_inside_a_container_is_not_a_container(string path) => AssertNone(path);

    [Theory]
    [InlineData("/")]
    [InlineData("/docker")]
    [InlineData("/system.slice")]
    [InlineData("/kubepods")]
    [InlineData("/kubepods/burstable")]
    [InlineData("/kubepods/burstable/podUID")]
    [InlineData("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU_I_D.slice")]
    [InlineData("/kubepods/besteffort/podSTATIC")]
    [InlineData("/machine.slice/machine-libpod_pod_ID.slice")]
    [InlineData("/libpod_parent/ID")]
    [InlineData("/crio")]
    [InlineData("/ecs/0123456789abcdef0123456789abcdef")]
    [InlineData("/ecstasks.slice/ecstasks-0123456789abcdef0123456789abcdef.slice")]
    public void Parent_of_containers_is_not_a_container(string path) => AssertNone(path);

    [Theory]
    [InlineData("/init.scope")]
    [InlineData("/dev-hugepages.mount")]
    [InlineData("/system.slice/dbus.socket")]
    [InlineData("/dev-sda2.swap")]
    [InlineData("/machine.slice/x.partition")]
    [InlineData("/system.slice/run-r3f4e.scope")]
    [InlineData("/user.slice/user-1000.slice/session-3.scope")]
    [InlineData("/qemu.slice/101.scope")]
    [InlineData("/machine.slice/machine-qemu\\x2d1\\x2dvm.scope")]
    [InlineData("/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/vcpu0")]
    [InlineData("/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/emulator")]
    [InlineData("/machine/vm.libvirt-qemu/vcpu0")]
    [InlineData("/podruntime/kubelet")]
    [InlineData("/system/apid")]
    [InlineData("/garden/01234567-89ab-cdef-0123-456789abcdef")]
    public void Common_cgroups_of_hosts_are_not_containers(string path) => AssertNone(path);

    [Theory]
    [InlineData("/docker/3f4e")]
    [InlineData("/docker/ID0")]
    [InlineData("/docker/3F4E0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789C1")]
    [InlineData("/docker/gf4e0123456789abcdef0123456789abcdef0123456789abcdef0123456789c1")]
    [InlineData("/docker/ID/")]
    [InlineData("docker/ID")]
    [InlineData("ID")]
    [InlineData("")]
    [InlineData("//")]
    [InlineData("/docker/docker-ID")]
    [InlineData("/system.slice/docker-ID.scopes")]
    [InlineData("/system.slice/xdocker-ID.scope")]
    [InlineData("/system.slice/docker-ID.service.scope")]
    [InlineData("/system.slice/docker-.scope")]
    [InlineData("/x:cri-containerd:3f4e")]
    [InlineData("/user.slice/podman-x.scope/ID0")]
    public void Id_is_exactly_64_lower_case_hexadecimal_digits(string path) => AssertNone(path);

    [Theory]
    [InlineData("/kubepods/podUID/OTHER/docker/ID")]
    [InlineData("/kubepods.slice/kubepods-podU_I_D.slice/cri-containerd-OTHER.scope/system.slice/docker-ID.scope")]
    public void Container_inside_a_pods_container_belongs_to_no_pod(string path) => AssertIs(ContainerRuntime.Docker, path, podUid: null);

    private static void AssertIs(ContainerRuntime runtime, string path, string? podUid) =>
        Assert.Equal(new RecognisedContainer(runtime, Id, null, podUid), Recognisers.Recognise(Expand(path)));

    private static void AssertNone(string path) => Assert.Null(Recognisers.Recognise(Expand(path)));
}
