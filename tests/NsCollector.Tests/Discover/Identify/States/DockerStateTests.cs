using System.Text;
using FsCheck;
using FsCheck.Fluent;
using NsCollector.Discover;
using NsCollector.Discover.Identify;

namespace NsCollector.Tests.Discover.Identify.States;

public class DockerStateTests
{
    private const string Start = "2026-01-02T03:04:05.123456789Z";

    // 100 ns is what DateTimeOffset keeps of Go's nine digits.
    private const long StartNs = 1_767_323_045_123_456_700;

    [Theory]
    [InlineData("""{"Running":true,"StartedAt":"2026-01-02T03:04:05Z"}""", "Running")]
    [InlineData("""{"Running":true,"Paused":true,"StartedAt":"2026-01-02T03:04:05Z"}""", "Paused")]
    [InlineData("""{"Running":true,"Restarting":true,"StartedAt":"2026-01-02T03:04:05Z"}""", "Restarting")]
    [InlineData("""{"Running":false,"StartedAt":"0001-01-01T00:00:00Z","FinishedAt":"0001-01-01T00:00:00Z"}""", "Created")]
    [InlineData("""{"Running":false,"StartedAt":"2026-01-02T03:04:05Z","ExitCode":3,"Health":null}""", "Exited")]
    [InlineData("""{"Running":false,"Dead":true,"StartedAt":"2026-01-02T03:04:05Z"}""", "Dead")]
    [InlineData("""{"Dead":false,"RemovalInProgress":true}""", "Dead")]
    [InlineData("""{"Paused":true,"Restarting":true,"StartedAt":"2026-01-02T03:04:05+02:00"}""", "Exited")]
    [InlineData("""{"StartedAt":7,"Running":"yes"}""", "Created")]
    [InlineData("{}", "Created")]
    public void RunState_is_the_word_of_docker_ps(string state, string expected) => Assert.Equal(expected, Parse(state).RunState.ToString());

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{"State":null}""")]
    [InlineData("""{"State":"Running"}""")]
    [InlineData("""{"State":{"Running":true}""")]
    [InlineData("""{"State":{}} x""")]
    public void TryParse_file_without_a_state_is_refused(string json) =>
        Assert.False(DockerState.TryParse(Encoding.UTF8.GetBytes(json), out _));

    [Fact]
    public void Healthy_at_is_the_end_of_the_first_success()
    {
        DockerState state = Parse(Running(Check("03:04:06", 1), Check("03:04:07.5", 0), Check("03:04:08", 0)));
        Assert.Equal((HealthStatus.Healthy, StartNs - 123_456_700 + 2_500_000_000), (state.Health, state.HealthyAtNs));
        Assert.Equal(StartNs - 123_456_700 + 3_000_000_000, state.CheckedAtNs);
    }

    [Fact]
    public void Healthy_at_is_unknown_if_the_first_success_may_have_left_the_list()
    {
        string[] five = [.. Enumerable.Range(6, 5).Select(second => Check($"03:04:{second:00}", 0))];
        Assert.Equal(0, Parse(Running(five)).HealthyAtNs);
        Assert.NotEqual(0, Parse(Running(five[1..])).HealthyAtNs);
        Assert.NotEqual(0, Parse(Running([Check("03:04:05.9", 1), .. five[1..]])).HealthyAtNs);
    }

    [Fact]
    public void Checks_of_an_earlier_life_are_not_of_this_one()
    {
        DockerState state = Parse(Running(Check("03:04:01", 0), Check("03:04:02", 0)).Replace("healthy", "starting", StringComparison.Ordinal));
        Assert.Equal((HealthStatus.Starting, 0, 0, StartNs), (state.Health, state.HealthyAtNs, state.CheckedAtNs, state.StartedAtNs));
        state = Parse(Running(Check("03:04:01", 0), Check("03:04:02", 0), Check("03:04:03", 0), Check("03:04:04", 0), Check("03:04:06", 0)));
        Assert.Equal(StartNs - 123_456_700 + 1_000_000_000, state.HealthyAtNs);
    }

    [Theory]
    [InlineData("false", "false")]
    [InlineData("true", "true")]
    public void Health_of_a_container_that_does_not_run_is_that_of_an_earlier_life(string running, string restarting)
    {
        DockerState state = Parse(Running(Check("03:04:06", 0)).Replace("\"Running\":true", $"\"Running\":{running},\"Restarting\":{restarting}", StringComparison.Ordinal));
        Assert.Equal((HealthStatus.None, 0, 0), (state.Health, state.HealthyAtNs, state.CheckedAtNs));
    }

    [Fact]
    public void TryParse_random_bytes_do_not_throw() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), hostile =>
        {
            DockerState.TryParse([.. "{\"State\":{\"Health\":"u8, .. hostile], out _);
        }).QuickCheckThrowOnFailure();

    private static string Check(string time, int code) => $$"""{"Start":"2026-01-02T00:00:00Z","End":"2026-01-02T{{time}}Z","ExitCode":{{code}},"Output":"x"}""";

    private static string Running(params string[] checks) =>
        $$"""{"Running":true,"StartedAt":"{{Start}}","Health":{"Status":"healthy","FailingStreak":0,"Log":[{{string.Join(',', checks)}}]} }""";

    private static DockerState Parse(string state)
    {
        Assert.True(DockerState.TryParse(Encoding.UTF8.GetBytes($$"""{"ID":"x","State":{{state}},"Config":{"State":7} }"""), out DockerState? parsed), state);
        return parsed;
    }
}
