namespace NsCollector.TestSupport.Waiting;

/// <summary>A clock that only <c>Advance</c> moves.</summary>
public sealed class SteppedClock : TimeProvider
{
    private long _milliseconds = 1_000_000;

    public override long TimestampFrequency => 1000;

    public override long GetTimestamp() => _milliseconds;

    public void Advance(int milliseconds) => _milliseconds += milliseconds;

    public void Advance(TimeSpan by) => _milliseconds += (long)by.TotalMilliseconds;
}
