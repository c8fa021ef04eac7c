namespace NsCollector.Tests.Fixtures;

/// <summary>A clock that stands until it is told to go on.</summary>
internal sealed class SteppedClock : TimeProvider
{
    private long _milliseconds = 1_000_000;

    public override long TimestampFrequency => 1000;

    public override long GetTimestamp() => _milliseconds;

    internal void Advance(int milliseconds) => _milliseconds += milliseconds;
}
