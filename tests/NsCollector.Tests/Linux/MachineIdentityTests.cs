using NsCollector.Linux;

namespace NsCollector.Tests.Linux;

public sealed class MachineIdentityTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Identifiers_are_those_of_process_1_and_the_hardware()
    {
        _directory.Write("proc/sys/kernel/random/boot_id", "ce0dbc7e-b668-4c5d-8fe6-fe8de140819a\n");
        _directory.Write("proc/1/root/etc/machine-id", "62de261100854045bffba0694ee98dc0\n");
        _directory.Write("sys/class/dmi/id/product_uuid", "A2DE2611-0085-4045-BFFB-A0694EE98DC0\n");
        Assert.Equal(new MachineIdentity("ce0dbc7e-b668-4c5d-8fe6-fe8de140819a", "62de261100854045bffba0694ee98dc0", "A2DE2611-0085-4045-BFFB-A0694EE98DC0"), Read());
    }

    [Theory]
    [InlineData("")]
    [InlineData("uninitialized\n")]
    [InlineData("abc\"} 1\nevil 2\n")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123456789x\n")]
    public void Text_that_is_no_identifier_is_absent(string text)
    {
        _directory.Write("proc/1/root/etc/machine-id", text);
        _directory.Write("proc/1/root/var/lib/dbus/machine-id", text);
        Assert.Null(Read().MachineId);
        _directory.Write("proc/1/root/var/lib/dbus/machine-id", "62de261100854045bffba0694ee98dc0\n");
        Assert.Equal(new MachineIdentity(null, "62de261100854045bffba0694ee98dc0", null), Read());
    }

    private MachineIdentity Read() => MachineIdentity.Read(new HostRoots(_directory["proc"], Sys: _directory["sys"]));
}
