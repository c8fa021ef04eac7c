using System.CommandLine;
using NsCollector.Cli;
using NsCollector.Host;
using NsCollector.Host.Service;

namespace NsCollector.Tests.Cli;

public sealed class ServiceCommandLineTests
{
    private const string Start = "/usr/bin/nscollector run --config /etc/a.conf --set agent:interval=2s";

    [Theory]
    [InlineData("--as-service --unit x.service")]
    [InlineData("--as-service=true --unit=x.service")]
    [InlineData("--as-service:true --unit:x.service")]
    [InlineData("--as-service true --unit:x.service")]
    public void Merge_leaves_out_options_of_as_service(string own) =>
        Assert.Equal(["check", "--config=/etc/a.conf", "--set=agent:interval=2s"], Merge(Start, own));

    [Theory]
    [InlineData("--config /b.conf")]
    [InlineData("--config=/b.conf")]
    [InlineData("--config:/b.conf")]
    [InlineData("-c /b.conf")]
    [InlineData("-c=/b.conf")]
    [InlineData("-c/b.conf")]
    public void Merge_prefers_configuration_file_of_this_command_line(string own) =>
        Assert.Equal(["check", "--set=agent:interval=2s", "--config=/b.conf"], Merge(Start, own));

    [Theory]
    [InlineData("/usr/bin/nscollector --proc /proc run -c/etc/a.conf")]
    [InlineData("/usr/bin/nscollector run --config:/etc/a.conf --proc=/proc")]
    [InlineData("@/usr/bin/nscollector collector --proc /proc run --config /etc/a.conf")]
    [InlineData("-/usr/bin/nice -n 5 /usr/bin/nscollector --proc /proc run --config /etc/a.conf")]
    [InlineData("/usr/bin/dotnet /opt/nscollector.dll --proc /proc run --config /etc/a.conf")]
    public void Merge_has_options_of_ExecStart(string start) =>
        Assert.Equal(["check", "--config=/etc/a.conf", "--proc=/proc"], Merge(start, ""));

    [Theory]
    [InlineData("--proc")]
    [InlineData("--cgroup")]
    [InlineData("--run")]
    [InlineData("--sys")]
    public void Merge_prefers_root_of_this_command_line_and_makes_it_absolute(string name)
    {
        Assert.Equal(["check", $"{name}=/tmp"], Merge($"/usr/bin/nscollector {name} /usr run", $"{name} /tmp"));
        Assert.Equal(["check", $"{name}={Directory.GetCurrentDirectory()}"], Merge($"/usr/bin/nscollector run {name} /usr", $"{name}=."));
    }

    [Theory]
    [InlineData("--json --as-service")]
    [InlineData("--as-service --json=true")]
    public void Merge_keeps_json(string own) =>
        Assert.Equal(["check", "--config=/etc/a.conf", "--set=agent:interval=2s", "--json"], Merge(Start, own));

    [Fact]
    public void Merge_has_settings_of_both() =>
        Assert.Equal(
            ["check", "--config=/etc/a.conf", "--set=agent:interval=2s", "--set=a:b=-c", "--set=d:e=f"],
            Merge(Start, "--set a:b=-c --as-service --set=d:e=f"));

    [Theory]
    [InlineData("")]
    [InlineData("/bin/sh -c 'nscollector run'")]
    public void Merge_without_run_in_ExecStart_has_own_options(string start) =>
        Assert.Equal(["check", "--config=/b.conf"], Merge(start, "--config /b.conf"));

    [Fact]
    public void Merge_of_wrong_ExecStart_says_why()
    {
        Assert.Null(ServiceCommandLine.Merge(Parse(""), Unit("/usr/bin/nscollector run --confg /a"), out string problem));
        Assert.Equal("its command line is wrong (ExecStart=): --confg: unknown option; did you mean --config?; correct the unit", problem);
    }

    private static List<string>? Merge(string start, string own)
    {
        List<string>? words = ServiceCommandLine.Merge(Parse(own), Unit(start), out string problem);
        Assert.Equal("", problem);
        return words;
    }

    private static ParseResult Parse(string own)
    {
        AgentParts parts = new() { CreateCore = _ => throw new NotSupportedException(), Sample = (_, _, _) => throw new NotSupportedException() };
        ParseResult parsed = CommandLine.Create(parts).Parse(["check", .. own.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.Empty(parsed.Errors);
        return parsed;
    }

    private static UnitFile Unit(string start)
    {
        UnitFile unit = new();
        unit.Add("[Service]\nExecStart=" + start + "\n");
        return unit;
    }
}
