using NsCollector.RuntimeTests.Cri;

namespace NsCollector.RuntimeTests.Containerd;

/// <summary>The identity of containerd's containers that Kubernetes did not make.</summary>
[Collection(CriCollection.Name)]
public sealed class CtrTests
{
    private static string Id(char digit) => new(digit, 64);

    // Like MicroK8s and k0s, which pass --state, and k3s, whose configuration file names it.
    [CtrFact]
    public void State_directory_of_the_command_line_has_names() => AssertNamedWithoutSetting(stateInFile: false);

    [CtrFact]
    public void State_directory_of_the_configuration_file_has_names() => AssertNamedWithoutSetting(stateInFile: true);

    [CtrFact]
    public void Container_name_is_nerdctls_in_any_namespace_or_else_its_id()
    {
        using var containerd = new CtrEngine();
        containerd.Start("default", Id('c'), "nerdctl/name=db", "team=c,d=e");
        containerd.Start("buildkit", Id('b'), "nerdctl/name=builder");
        containerd.Start("default", Id('d'));

        List<Point> all = containerd.Sample("identity:labels=team");

        Assert.Equal(("containerd", "db", "c,d=e"), Tags(Id('c')));
        Assert.Equal(("containerd", "builder", null), Tags(Id('b')));
        Assert.Equal(("containerd", Id('d')[..12], null), Tags(Id('d')));

        (string, string?, string?) Tags(string id)
        {
            Point info = Assert.Single(all, point => point.Measurement == "container_info" && point.Text("container_id") == id);
            Assert.DoesNotContain(info.Tags.Keys, key => key is "namespace" or "pod" or "image");
            return (info.Tags["runtime"], info.Container, info.Tags.GetValueOrDefault("label_team"));
        }
    }

    private static void AssertNamedWithoutSetting(bool stateInFile)
    {
        using var containerd = new CtrEngine(stateInFile);
        containerd.Start("default", Id('e'), "nerdctl/name=elsewhere");
        Point info = Assert.Single(AgentProgram.Sample(), point => point.Measurement == "container_info" && point.Text("container_id") == Id('e'));
        Assert.Equal("elsewhere", info.Container);
    }
}
