using NsCollector.Discover;
using NsCollector.Discover.Identify;
using static NsCollector.Tests.Discover.Identify.NamesFixture;

namespace NsCollector.Tests.Discover.Identify;

public sealed class EnvironmentTests : IDisposable
{
    private const string Variables = """["PATH=/bin","REGION=fra","PASSWORD=secret","EMPTY=","A=b=c","region=lower"]""";

    private readonly NamesFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void No_variable_is_read_by_default()
    {
        _fixture.Tree.Write(DockerFile, $$$"""{"Name":"/web","Config":{"Env":{{{Variables}}}}}""");
        Assert.Empty(_fixture.Names().Resolve(Container(ContainerRuntime.Docker), "/", null).Environment);
    }

    [Fact]
    public void Listed_variables_of_Docker_are_read_by_their_exact_names()
    {
        _fixture.Tree.Write(DockerFile, $$$"""{"Name":"/web","Config":{"Env":{{{Variables}}},"Image":"i"}}""");
        ContainerNames names = Names("REGION", "A", "EMPTY", "NOWHERE", "PATH*");
        KnownIdentity known = names.Resolve(Container(ContainerRuntime.Docker), "/", null);
        Assert.Equal("A=b=c REGION=fra", Text(known.Environment));
        Assert.Equal("i", known.Image);
        Assert.Equal("A=b=c REGION=fra", Text(known.Identify(Container(ContainerRuntime.Docker), null).Environment));
        AssertSteady(names, Container(ContainerRuntime.Docker), "/", known);
    }

    [Theory]
    [InlineData(ContainerRuntime.Containerd, "run/containerd/io.containerd.runtime.v2.task/k8s.io/" + Id + "/config.json")]
    [InlineData(ContainerRuntime.Crio, "run/containers/storage/overlay-containers/" + Id + "/userdata/config.json")]
    public void Listed_variables_of_a_bundle_are_read(ContainerRuntime runtime, string path)
    {
        _fixture.Tree.Write(path, $$$"""{"process":{"args":["x"],"env":{{{Variables}}},"cwd":"/"},"annotations":{"nerdctl/name":"n"}}""");
        Assert.Equal("REGION=fra", Text(Names("REGION").Resolve(Container(runtime), "/", null).Environment));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("\"REGION=x\"")]
    [InlineData("[null,1,[\"REGION=x\"],{\"REGION\":\"REGION=x\"},\"REGION\",\"=x\",\"\"]")]
    public void Anything_but_a_list_of_texts_gives_no_variable(string variables)
    {
        _fixture.Tree.Write(DockerFile, $$$"""{"Name":"/web","Config":{"Env":{{{variables}}},"Image":"i"}}""");
        KnownIdentity known = Names("REGION").Resolve(Container(ContainerRuntime.Docker), "/", null);
        Assert.Equal(("web", "i", 0), (known.Name, known.Image, known.Environment.Length));
    }

    [Fact]
    public void Value_that_is_too_long_is_left_out_and_counted()
    {
        _fixture.Tree.Write(DockerFile, $$$"""{"Name":"/web","Config":{"Env":["REGION=short","REGION={{{new string('x', 2000)}}}"]}}""");
        Assert.Empty(Names("REGION").Resolve(Container(ContainerRuntime.Docker), "/", null).Environment);
        Assert.Equal(1, _fixture.LabelsLeftOut);
    }

    private ContainerNames Names(params string[] variables) => _fixture.Names(new IdentityOptions { Environment = [.. variables] });
}
