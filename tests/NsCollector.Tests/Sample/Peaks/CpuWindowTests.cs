using NsCollector.Sample.Peaks;

namespace NsCollector.Tests.Sample.Peaks;

public sealed class CpuWindowTests
{
    private const long Ms = 1_000_000;

    private CpuWindow _window;

    [Fact]
    public void First_reading_ends_no_window()
    {
        Look(0, 500);
        Assert.False(_window.TryTakeMax(out _));
    }

    [Fact]
    public void Highest_window_is_returned_once()
    {
        Look(0, 0);
        Look(100, 10);
        Look(200, 90);
        Look(300, 95);
        Assert.Equal(80, Taken());
        Assert.False(_window.TryTakeMax(out _));
    }

    [Fact]
    public void Window_goes_on_over_the_taking()
    {
        Look(0, 0);
        Look(100, 0);
        Assert.Equal(0, Taken());
        Look(200, 60);
        Assert.Equal(60, Taken());
    }

    [Fact]
    public void Late_look_makes_a_longer_window()
    {
        Look(0, 0);
        Look(400, 100);
        Assert.Equal(25, Taken());
    }

    [Fact]
    public void Counter_that_began_again_ends_the_window_without_value()
    {
        Look(0, 500);
        Look(100, 20);
        Assert.False(_window.TryTakeMax(out _));
        Look(200, 70);
        Assert.Equal(50, Taken());
    }

    [Fact]
    public void Reading_interrupted_at_its_end_makes_the_window_longer()
    {
        Look(0, 0);

        // The clock says 100 ms, but the counter was read somewhere in the following 50 ms: 100 or 67 %.
        _window.Look(100 * Ms, 150 * Ms, 100 * Ms);
        Assert.False(_window.TryTakeMax(out _));
        Look(200, 150);
        Assert.Equal(75, Taken());
    }

    [Fact]
    public void Reading_interrupted_at_its_start_needs_a_longer_window()
    {
        _window.Look(0, 4 * Ms, 0);
        Look(100, 96);
        Assert.False(_window.TryTakeMax(out _));
        Look(200, 196);
        Assert.Equal(98, Taken());
    }

    [Fact]
    public void Abandon_keeps_what_ended_before()
    {
        Look(0, 0);
        Look(100, 30);
        _window.Abandon();
        Look(1000, 900);
        Assert.Equal(30, Taken());
        Assert.False(_window.TryTakeMax(out _));
    }

    private void Look(long ms, long usageMs) => _window.Look(ms * Ms, ms * Ms, usageMs * Ms);

    private double Taken()
    {
        Assert.True(_window.TryTakeMax(out double percent));
        return percent;
    }
}
