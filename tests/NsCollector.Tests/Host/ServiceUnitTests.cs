using NsCollector.Host;
using NsCollector.Host.Configuration;

namespace NsCollector.Tests.Host;

/// <summary>Compares systemd/nscollector.service with the program.</summary>
public sealed class ServiceUnitTests
{
    private readonly ILookup<string, string> _directives = File.ReadLines(Repository.PathOf("systemd/nscollector.service"))
        .Where(line => line.Contains('=', StringComparison.Ordinal) && !line.StartsWith('#'))
        .ToLookup(line => line.Split('=')[0], line => line.Split('=', 2)[1]);

    [Fact]
    public void Unit_does_not_restart_after_invalid_configuration() =>
        Assert.Equal([ExitCode.Configuration.ToString(System.Globalization.CultureInfo.InvariantCulture)], _directives["RestartPreventExitStatus"]);

    [Fact]
    public void Default_file_as_service_is_in_LogsDirectory()
    {
        ConfigurationResult result = ConfigurationLoader.Load(new ConfigurationSources { DefaultConfig = "/nowhere/x", Environment = [new("INVOCATION_ID", "1")] });
        Assert.Equal("/var/log/" + _directives["LogsDirectory"].Single(), Path.GetDirectoryName(result.Options!.FileSinks.Single().Path));
    }

    [Fact]
    public void Default_spool_as_service_is_in_StateDirectory()
    {
        ConfigurationResult result = ConfigurationLoader.Load(new ConfigurationSources { DefaultConfig = "/nowhere/x", Environment = [new("INVOCATION_ID", "1")] });
        Assert.Equal("/var/lib/" + _directives["StateDirectory"].Single(), Path.GetDirectoryName(result.Options!.Spool.Path));
        Assert.Equal(["0700"], _directives["StateDirectoryMode"]);
    }

    [Fact]
    public void Stop_timeouts_of_unit_and_pod_are_longer_than_stop_timeout()
    {
        string seconds = _directives["TimeoutStopSec"].Single();
        Assert.True(int.Parse(seconds.TrimEnd('s'), System.Globalization.CultureInfo.InvariantCulture) >= AgentOptions.DefaultStopTimeout.TotalSeconds + 2);

        // A pod has a grace period instead.
        string pod = File.ReadAllLines(Repository.PathOf("packaging/kubernetes/daemonset.yaml")).Single(line => line.Contains("terminationGracePeriodSeconds:", StringComparison.Ordinal));
        Assert.True(int.Parse(pod.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture) >= AgentOptions.DefaultStopTimeout.TotalSeconds + 2);
    }

    [Fact]
    public void Unit_with_watchdog_has_type_notify() => Assert.Equal(["notify"], _directives["Type"]);

    /// <summary>In a UTS namespace of its own the service would never see a change of the host's name.</summary>
    [Fact]
    public void Unit_shares_the_UTS_namespace_of_the_host() => Assert.Equal(["no"], _directives["ProtectHostname"]);

    [Fact]
    public void Unit_permits_real_time_priority()
    {
        Assert.Equal(["1"], _directives["LimitRTPRIO"]);
        Assert.Empty(_directives["RestrictRealtime"]);
    }
}
