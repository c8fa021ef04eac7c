namespace NsCollector.Tests.TestSupport;

public sealed class EventuallyTests
{
    [Fact]
    public void A_condition_that_never_holds_ends_the_wait_with_what_was_waited_for()
    {
        TimeoutException late = Assert.Throws<TimeoutException>(() => Eventually.True(() => false, "the moon", () => "it is day", TimeSpan.FromMilliseconds(20)));
        Assert.Contains("the moon", late.Message, StringComparison.Ordinal);
        Assert.Contains("it is day", late.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_condition_is_asked_until_it_holds()
    {
        int asked = 0;
        Eventually.True(() => ++asked == 4, "the fourth time");
        Assert.Equal(4, asked);
    }

    [Fact]
    public void The_condition_is_asked_once_more_when_the_time_is_up()
    {
        bool slept = false;
        Eventually.True(
            () =>
            {
                if (slept) return true;
                Thread.Sleep(30);
                slept = true;
                return false;
            },
            "the second time",
            patience: TimeSpan.FromMilliseconds(10));
        Assert.True(slept);
    }
}
