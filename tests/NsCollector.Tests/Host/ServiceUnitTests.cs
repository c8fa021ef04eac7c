using NsCollector.Host;
using NsCollector.Host.Configuration;

namespace NsCollector.Tests.Host;

/// <summary>What systemd/nscollector.service takes for granted of the program.</summary>
public sealed class ServiceUnitTests
{
    private readonly ILookup<string, string> _directives = File.ReadLines(Repository.PathOf("systemd/nscollector.service"))
        .Where(line => line.Contains('=', StringComparison.Ordinal) && !line.StartsWith('#'))
        .ToLookup(line => line.Split('=')[0], line => line.Split('=', 2)[1]);

    [Fact]
    public void A_wrong_configuration_is_not_started_again() =>
        Assert.Equal([ExitCode.Configuration.ToString(System.Globalization.CultureInfo.InvariantCulture)], _directives["RestartPreventExitStatus"]);

    [Fact]
    public void The_default_file_of_a_service_lies_in_the_directory_that_systemd_makes()
    {
        ConfigurationResult result = ConfigurationLoader.Load(new ConfigurationSources { DefaultConfig = "/nowhere/x", Environment = [new("INVOCATION_ID", "1")] });
        Assert.Equal("/var/log/" + _directives["LogsDirectory"].Single(), Path.GetDirectoryName(result.Options!.FileSinks.Single().Path));
    }

    [Fact]
    public void The_default_spool_of_a_service_lies_in_the_directory_that_systemd_makes()
    {
        ConfigurationResult result = ConfigurationLoader.Load(new ConfigurationSources { DefaultConfig = "/nowhere/x", Environment = [new("INVOCATION_ID", "1")] });
        Assert.Equal("/var/lib/" + _directives["StateDirectory"].Single(), Path.GetDirectoryName(result.Options!.Spool.Path));
        Assert.Equal(["0700"], _directives["StateDirectoryMode"]);
    }

    [Fact]
    public void There_is_time_enough_to_finish_the_cycle()
    {
        string seconds = _directives["TimeoutStopSec"].Single();
        Assert.True(int.Parse(seconds.TrimEnd('s'), System.Globalization.CultureInfo.InvariantCulture) >= AgentOptions.DefaultStopTimeout.TotalSeconds + 2);

        // A pod has no unit.
        string pod = File.ReadAllLines(Repository.PathOf("packaging/kubernetes/daemonset.yaml")).Single(line => line.Contains("terminationGracePeriodSeconds:", StringComparison.Ordinal));
        Assert.True(int.Parse(pod.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture) >= AgentOptions.DefaultStopTimeout.TotalSeconds + 2);
    }

    [Fact]
    public void The_watchdog_is_only_asked_for_together_with_notification() => Assert.Equal(["notify"], _directives["Type"]);

    [Fact]
    public void The_thread_that_watches_may_have_the_priority_that_it_asks_for()
    {
        Assert.Equal(["1"], _directives["LimitRTPRIO"]);
        Assert.Empty(_directives["RestrictRealtime"]);
    }
}
