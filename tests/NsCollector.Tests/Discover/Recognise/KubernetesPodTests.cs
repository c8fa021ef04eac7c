using NsCollector.Discover.Recognise;
using static NsCollector.Tests.Discover.Recognise.CgroupPaths;

namespace NsCollector.Tests.Discover.Recognise;

public class KubernetesPodTests
{
    [Theory]
    [InlineData("podUID", PodUid)]
    [InlineData("podSTATIC", StaticPodUid)]
    [InlineData("kubepods-podU_I_D.slice", PodUid)]
    [InlineData("kubepods-burstable-podU_I_D.slice", PodUid)]
    [InlineData("kubelet-kubepods-besteffort-podU_I_D.slice", PodUid)]
    [InlineData("kubepods-besteffort-podSTATIC.slice", StaticPodUid)]
    public void Uid_is_read_with_either_driver(string element, string uid)
    {
        Assert.True(KubernetesPod.TryParse(Expand(element), out string? parsed));
        Assert.Equal(uid, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("pod")]
    [InlineData("pod.slice")]
    [InlineData("kubepods.slice")]
    [InlineData("kubepods-burstable.slice")]
    [InlineData("machine-libpod_pod_ID.slice")]
    [InlineData("libpodSTATIC")]
    [InlineData("xpodUID")]
    [InlineData("podUIDx")]
    [InlineData("podUID.scope")]
    [InlineData("pod1c2d3e4f-0a1b_2c3d-4e5f-60718293a4b5")]
    [InlineData("pod1C2D3E4F-0a1b-2c3d-4e5f-60718293a4b5")]
    [InlineData("pod1c2d3e4fx0a1bx2c3dx4e5fx60718293a4b5")]
    public void Other_cgroups_are_not_pods(string element)
    {
        Assert.False(KubernetesPod.TryParse(Expand(element), out string? parsed));
        Assert.Null(parsed);
    }

    [Theory]
    [InlineData("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU_I_D.slice/cri-containerd-ID.scope", "burstable")]
    [InlineData("/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-podSTATIC.slice/crio-ID.scope", "besteffort")]
    [InlineData("/kubepods.slice/kubepods-podU_I_D.slice/docker-ID.scope", "guaranteed")]
    [InlineData("/kubepods/burstable/podUID/ID", "burstable")]
    [InlineData("/kubepods/besteffort/podSTATIC/ID", "besteffort")]
    [InlineData("/kubepods/podUID/ID", "guaranteed")]
    [InlineData("/docker/OTHER/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-podU_I_D.slice/cri-containerd-ID.scope", "guaranteed")]
    [InlineData("/system.slice/kubelet.service/kubepods/burstable/podUID/ID", "burstable")]
    [InlineData("/kubepods-burstable-podU_I_D.slice:docker:ID", "burstable")]
    [InlineData("/mine/podUID/ID", null)]
    [InlineData("/docker/ID", null)]
    [InlineData("", null)]
    public void Qos_class_is_read_from_path_with_either_driver(string path, string? qosClass) =>
        Assert.Equal(qosClass, KubernetesPod.QosClassOf(Expand(path)));
}
