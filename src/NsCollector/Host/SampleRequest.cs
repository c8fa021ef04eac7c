namespace NsCollector.Host;

/// <summary>What <c>nscollector sample</c> was asked for.</summary>
/// <param name="Count">How many samples are printed; one more is taken first, so that rates are there.</param>
/// <param name="Interval">From one sample to the next.</param>
/// <param name="Format">How they are printed.</param>
internal sealed record SampleRequest(int Count, TimeSpan Interval, SampleFormat Format);
