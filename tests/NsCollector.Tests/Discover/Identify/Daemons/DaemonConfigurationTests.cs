using System.Text;
using NsCollector.Discover.Identify.Daemons;

namespace NsCollector.Tests.Discover.Identify.Daemons;

public sealed class DaemonConfigurationTests
{
    [Theory]
    [InlineData("""{ "debug": true, "data-root": "/srv/docker", "log-opts": { "data-root": "no" } }""", "/srv/docker")]
    [InlineData("""{ "graph": "/old/docker" }""", "/old/docker")]
    [InlineData("""{ "hosts": ["a", { "data-root": "/no" }] }""", null)]
    [InlineData("""{ "data-root": 7 }""", null)]
    [InlineData("""{ "data-root": "/srv" """, null)]
    [InlineData("""{ "data-root": "\ud800" }""", null)]
    [InlineData("[]", null)]
    [InlineData("", null)]
    public void DataRoot_is_the_one_of_daemon_json(string json, string? expected) =>
        Assert.Equal(expected, DaemonConfiguration.DataRoot(Encoding.UTF8.GetBytes(json)));

    [Theory]
    [InlineData("version = 2\nroot = \"/var/lib/containerd\"\nstate = \"/run/other\" # comment\n[plugins]\n", "/run/other")]
    [InlineData("state='/run/x'\r\n", "/run/x")]
    [InlineData("  state\t=\t\"/run/x\"", "/run/x")]
    [InlineData("#state = \"/run/x\"\nstated = \"/run/y\"\n", null)]
    [InlineData("[grpc]\nstate = \"/run/x\"\n", null)]
    [InlineData("state = \"/run\\u0020x\"\n", null)]
    [InlineData("state = \"/run/x\n", null)]
    [InlineData("state = 7\n", null)]
    [InlineData("state\n=", null)]
    [InlineData("", null)]
    public void StateDirectory_is_the_top_level_one_of_config_toml(string toml, string? expected) =>
        Assert.Equal(expected, DaemonConfiguration.StateDirectory(Encoding.UTF8.GetBytes(toml)));
}
