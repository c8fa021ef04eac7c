using NsCollector.Discover.Identify;

namespace NsCollector.Tests.Discover.Identify;

public sealed class PodOwnerTests
{
    [Theory]
    [InlineData("web-7d9f8c6b5-x2x4z", "pod-template-hash=7d9f8c6b5", "Deployment/web")]
    [InlineData("my-web-7d9f8c6b5-x2x4z", "pod-template-hash=7d9f8c6b5", "Deployment/my-web")]
    [InlineData("db-0", "statefulset.kubernetes.io/pod-name=db-0 controller-revision-hash=db-5f", "StatefulSet/db")]
    [InlineData("a-b-12", "statefulset.kubernetes.io/pod-name=a-b-12", "StatefulSet/a-b")]
    [InlineData("node-agent-7xk2p", "pod-template-generation=1 controller-revision-hash=6f5d", "DaemonSet/node-agent")]
    [InlineData("backup-28938720-vhx6t", "batch.kubernetes.io/job-name=backup-28938720 job-name=backup-28938720", "Job/backup-28938720")]
    [InlineData("old-vhx6t", "job-name=old", "Job/old")]
    [InlineData("index-3-vhx6t", "batch.kubernetes.io/job-name=index", "Job/index")]
    public void Owner_follows_from_the_label_and_the_name_of_the_pod(string pod, string labels, string owner) => Assert.Equal(owner, Find(pod, labels));

    // A user can set any of these labels on any pod.
    [Theory]
    [InlineData("web", "")]
    [InlineData("web", "pod-template-hash=7d9f8c6b5")]
    [InlineData("web-7d9f8c6b5", "pod-template-hash=7d9f8c6b5")]
    [InlineData("-7d9f8c6b5-x2x4z", "pod-template-hash=7d9f8c6b5")]
    [InlineData("web-7d9f8c6b5-X2X4Z", "pod-template-hash=7d9f8c6b5")]
    [InlineData("web-other-x2x4z", "pod-template-hash=7d9f8c6b5")]
    [InlineData("web--x2x4z", "pod-template-hash=")]
    [InlineData("db-0", "statefulset.kubernetes.io/pod-name=db-1")]
    [InlineData("db-x", "statefulset.kubernetes.io/pod-name=db-x")]
    [InlineData("-0", "statefulset.kubernetes.io/pod-name=-0")]
    [InlineData("agent-7xk2p", "pod-template-generation=x")]
    [InlineData("agent7xk2p", "pod-template-generation=1")]
    [InlineData("-7xk2p", "pod-template-generation=1")]
    [InlineData("job", "job-name=job")]
    [InlineData("job-", "job-name=job")]
    [InlineData("job-vhx6t", "job-name=")]
    [InlineData("other-vhx6t", "job-name=job")]
    [InlineData("job-vhx6t", "job-name=job pod-template-generation=1")]
    [InlineData("", "pod-template-generation=1 pod-template-hash=a job-name=b statefulset.kubernetes.io/pod-name=")]
    public void Owner_is_absent_if_the_name_does_not_agree(string pod, string labels) => Assert.Null(Find(pod, labels));

    [Fact]
    public void DaemonSet_with_a_name_that_may_be_cut_is_absent()
    {
        string cut = new string('a', 57) + "-7xk2p", whole = new string('a', 56) + "-7xk2p";
        Assert.Null(Find(cut, "pod-template-generation=1"));
        Assert.Equal("DaemonSet/" + new string('a', 56), Find(whole, "pod-template-generation=1"));
    }

    private static string? Find(string pod, string labels)
    {
        var known = labels.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(label => label.Split('=')).ToDictionary(label => label[0], label => label[1]);
        return PodOwner.Find(pod, known.GetValueOrDefault);
    }
}
