using NsCollector.Discover;
using NsCollector.Discover.Identify;
using NsCollector.Discover.Recognise;
using static NsCollector.Tests.Discover.Identify.NamesFixture;

namespace NsCollector.Tests.Discover.Identify;

public sealed class NspawnNamesTests : IDisposable
{
    private const string Unit = "machine-my\\x2ddeb.scope";
    private const string Cgroup = "/machine.slice/" + Unit;

    // As machine_save writes it: the backslash of the unit's name is escaped as in C.
    private const string Saved = "# This is private data. Do not parse.\nNAME=my-deb\nSCOPE=machine-my\\\\x2ddeb.scope\nSERVICE=systemd-nspawn\nROOT=/var/lib/machines/deb\nLEADER=4711\nCLASS=container\n";

    private static readonly RecognisedContainer Found = Container(ContainerRuntime.Nspawn, "my-deb", "my-deb");
    private readonly NamesFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    private string Machine(string name) => Path.Combine(_fixture.Tree.Path, "run/systemd/machines", name);

    [Fact]
    public void Machine_has_the_name_in_machineds_file()
    {
        _fixture.Tree.Write("run/systemd/machines/my-deb", Saved);
        ContainerNames names = _fixture.Names();
        KnownIdentity known = names.Resolve(Found, Cgroup, null);
        Assert.Equal(("my-deb", null, 0L), (known.Name, known.Image, _fixture.Errors));
        AssertSteady(names, Found, Cgroup, known);
    }

    [Fact]
    public void Machine_not_called_as_its_unit_is_found_by_machineds_link()
    {
        _fixture.Tree.Write("run/systemd/machines/other", Saved.Replace("NAME=my-deb", "NAME=other", StringComparison.Ordinal));
        File.CreateSymbolicLink(Machine("unit:" + Unit), "other");
        ContainerNames names = _fixture.Names();
        KnownIdentity known = names.Resolve(Found, Cgroup, null);
        Assert.Equal("other", known.Name);
        AssertSteady(names, Found, Cgroup, known);
    }

    [Fact]
    public void Machine_of_another_unit_is_not_used()
    {
        _fixture.Tree.Write("run/systemd/machines/my-deb", "NAME=my-deb\nUNIT=systemd-nspawn@x.service\n");
        ContainerNames names = _fixture.Names();
        KnownIdentity known = names.Resolve(Found, Cgroup, null);
        Assert.Equal((null, 0L), (known.Name, _fixture.Errors));
        AssertSteady(names, Found, Cgroup, known);
    }

    [Fact]
    public void Without_machined_the_path_has_the_name_and_nothing_is_allocated()
    {
        ContainerNames names = _fixture.Names();
        KnownIdentity known = names.Resolve(Found, Cgroup, null);
        Assert.Equal("my-deb", known.Identify(Found, null).Name);
        AssertSteady(names, Found, Cgroup, known);
    }

    [Theory]
    [InlineData("../../../etc/passwd")]
    [InlineData("..")]
    [InlineData("missing")]
    public void Link_to_another_directory_is_not_followed(string target)
    {
        _fixture.Tree.Write("run/systemd/machines/x", Saved);
        File.CreateSymbolicLink(Machine("unit:" + Unit), target);
        Assert.Null(_fixture.Names().Resolve(Found, Cgroup, null).Name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\0\0")]
    [InlineData("{\"NAME\":1}")]
    public void Malformed_machine_file_is_counted_once(string text)
    {
        _fixture.Tree.Write("run/systemd/machines/my-deb", text);
        ContainerNames names = _fixture.Names();
        KnownIdentity known = names.Resolve(Found, Cgroup, null);
        names.Resolve(Found, Cgroup, known);
        Assert.Equal((null, 1L), (known.Name, _fixture.Errors));
    }
}
