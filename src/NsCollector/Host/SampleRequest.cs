namespace NsCollector.Host;

/// <summary>The arguments of <c>nscollector sample</c>.</summary>
/// <param name="Count">Number of samples to print. One more is taken before them, for the rates.</param>
/// <param name="Interval">Time between two samples.</param>
/// <param name="Format">The output format.</param>
internal sealed record SampleRequest(int Count, TimeSpan Interval, SampleFormat Format);
