using System.Text;
using NsCollector.Discover.Identify.Daemons;

namespace NsCollector.Tests.Discover.Identify.Daemons;

public sealed class DaemonArgumentsTests
{
    [Theory]
    [InlineData("dockerd --data-root /srv/docker", "--data-root", "/srv/docker")]
    [InlineData("dockerd -H fd:// --data-root=/srv/docker --debug", "--data-root", "/srv/docker")]
    [InlineData("dockerd --data-root=/a --data-root /b", "--data-root", "/b")]
    [InlineData("dockerd --data-root", "--data-root", null)]
    [InlineData("dockerd --data-rooted=/a --xdata-root=/b", "--data-root", null)]
    [InlineData("dockerd --data-root=", "--data-root", "")]
    [InlineData("--data-root=/a", "--data-root", null)]
    [InlineData("dockerd --group --data-root", "--group", "--data-root")]
    [InlineData("", "--data-root", null)]
    // Docker of snap, containerd of MicroK8s, k0s, k3s.
    [InlineData("dockerd --group docker --exec-root=/run/snap.docker --data-root=/var/snap/docker/common/var-lib-docker --config-file=/var/snap/docker/2915/config/daemon.json", "--data-root", "/var/snap/docker/common/var-lib-docker")]
    [InlineData("/snap/microk8s/7229/bin/containerd --config /var/snap/microk8s/7229/args/containerd.toml --root /var/snap/microk8s/common/var/lib/containerd --state /var/snap/microk8s/common/run/containerd", "--state", "/var/snap/microk8s/common/run/containerd")]
    [InlineData("/var/lib/k0s/bin/containerd --root=/var/lib/k0s/containerd --state=/run/k0s/containerd --address=/run/k0s/containerd.sock --config=/etc/k0s/containerd.toml", "--state", "/run/k0s/containerd")]
    [InlineData("containerd -c /var/lib/rancher/k3s/agent/etc/containerd/config.toml", "-c", "/var/lib/rancher/k3s/agent/etc/containerd/config.toml")]
    public void Value_is_that_of_the_last_such_flag(string words, string flag, string? expected)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(words.Length == 0 ? "" : words.Replace(' ', '\0') + "\0");
        Assert.Equal(expected, new DaemonArguments(bytes).Value(Encoding.UTF8.GetBytes(flag)));
    }
}
