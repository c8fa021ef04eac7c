using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using NsCollector.Discover;
using NsCollector.Serve.Docker.Containers;

namespace NsCollector.Tests.Serve.Docker.Containers;

public sealed class InventoryNamesTests
{
    [Fact]
    public void Id_of_an_OCI_runtime_stays_and_another_one_is_its_hash()
    {
        var names = new InventoryNames();
        string whole = new('a', 64);
        Assert.Equal(whole, names.AddId(ContainerRuntime.Docker, whole));
        Assert.Equal(Hash("lxc\0web"), names.AddId(ContainerRuntime.Lxc, "web"));
        Assert.Equal(Hash("nspawn\0web"), names.AddId(ContainerRuntime.Nspawn, "web"));

        // The owner of a container can give any id to one inside it.
        Assert.Equal(Hash(whole), names.AddId(ContainerRuntime.Podman, whole));
        Assert.Equal(Hash(Hash("lxc\0web")), names.AddId(ContainerRuntime.Lxc, "web"));
    }

    [Fact]
    public void Name_that_is_taken_gets_the_runtime_then_the_id()
    {
        var names = new InventoryNames();
        string id = new('b', 64);
        Assert.Equal("web", names.AddName(ContainerRuntime.Docker, "web", id));
        Assert.Equal("lxc-web", names.AddName(ContainerRuntime.Lxc, "web", id));
        Assert.Equal("lxc-web-bbbbbbbbbbbb", names.AddName(ContainerRuntime.Lxc, "web", id));
        Assert.Equal(id, names.AddName(ContainerRuntime.Lxc, "web", id));
        Assert.Equal(Hash(id), names.AddName(ContainerRuntime.Lxc, "web", id));
        Assert.Equal("system.slice_cron.service", names.AddName(ContainerRuntime.Systemd, "/system.slice/cron.service", id));
        Assert.Equal("bbbbbbbbbbbb", names.AddName(ContainerRuntime.Lxc, "//", id));
    }

    [Fact]
    public void Thousands_of_equal_ids_get_others_within_seconds()
    {
        var names = new InventoryNames();
        string whole = new('a', 64);
        var clock = Stopwatch.StartNew();
        HashSet<string> ids = [];
        for (int i = 0; i < 20_000; i++) Assert.True(ids.Add(names.AddId(ContainerRuntime.Podman, whole)));
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void Control_characters_do_not_reach_the_terminal_of_docker_ps()
    {
        Assert.Equal("a_[31m_b_", new InventoryNames().AddName(ContainerRuntime.Lxc, "a\u001b[31m\nb\u009b", new string('b', 64)));
        Assert.Null(InventoryNames.Plain(null));
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
