namespace NsCollector.Tests.TestSupport;

public sealed class EventuallyTests
{
    [Fact]
    public void True_throws_with_description_after_timeout()
    {
        TimeoutException late = Assert.Throws<TimeoutException>(() => Eventually.True(() => false, "the moon", () => "it is day", TimeSpan.FromMilliseconds(20)));
        Assert.Contains("the moon", late.Message, StringComparison.Ordinal);
        Assert.Contains("it is day", late.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void True_polls_until_condition_holds()
    {
        int asked = 0;
        Eventually.True(() => ++asked == 4, "the fourth time");
        Assert.Equal(4, asked);
    }

    [Fact]
    public void True_checks_once_more_after_timeout()
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
