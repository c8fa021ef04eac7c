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
}
