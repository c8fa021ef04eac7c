using NsCollector.Sample.Peaks;

namespace NsCollector.Tests.Sample.Peaks;

public sealed class ThrottlingWindowTests
{
    private ThrottlingWindow _window;

    [Fact]
    public void Window_of_less_than_ten_periods_has_no_value()
    {
        _window.Look(100, 50);
        for (int i = 1; i < ThrottlingWindow.MinPeriods; i++) _window.Look(100 + i, 50 + i);
        Assert.False(_window.TryTakeMax(out _));
    }

    [Fact]
    public void Highest_share_of_windows_of_ten_periods_is_returned_once()
    {
        _window.Look(0, 0);
        for (int i = 1; i <= 20; i++) _window.Look(i, Math.Min(i, 3));
        Assert.Equal(30, Taken());
        for (int i = 21; i <= 29; i++) _window.Look(i, 3);
        Assert.False(_window.TryTakeMax(out _));
        _window.Look(30, 8);
        Assert.Equal(50, Taken());
    }

    [Fact]
    public void Counts_that_began_again_end_the_window_without_value()
    {
        _window.Look(100, 50);
        _window.Look(10, 5);
        Assert.False(_window.TryTakeMax(out _));
        _window.Look(20, 7);
        Assert.Equal(20, Taken());
    }

    [Fact]
    public void Share_is_at_most_100()
    {
        _window.Look(0, 0);
        _window.Look(10, 11);
        Assert.Equal(100, Taken());
    }

    [Fact]
    public void End_begins_a_window_whatever_the_last_one_had()
    {
        _window.End(0, 0);
        _window.End(9, 9);
        Assert.False(_window.TryTakeMax(out _));
        _window.End(19, 10);
        Assert.Equal(10, Taken());
    }

    private double Taken()
    {
        Assert.True(_window.TryTakeMax(out double percent));
        return percent;
    }
}
