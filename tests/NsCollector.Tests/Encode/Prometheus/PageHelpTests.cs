using NsCollector.Catalogue;
using NsCollector.Encode.Prometheus;

namespace NsCollector.Tests.Encode.Prometheus;

public sealed class PageHelpTests
{
    [Fact]
    public void Help_of_seconds_names_no_smaller_unit()
    {
        (string Name, string Help)[] all =
        [
            .. MetricCatalogue.Measurements.SelectMany(measurement => measurement.Fields.SelectMany(field => PageSource.Of(measurement, field, hasNodeNames: false)))
                .Select(one => (one.Name, one.Help)).Where(one => one.Name.Contains("_seconds", StringComparison.Ordinal)),
        ];
        Assert.Contains(all, one => one.Help.Contains("in seconds", StringComparison.Ordinal));
        Assert.DoesNotContain(all, one => one.Help.Contains("nanoseconds", StringComparison.Ordinal) || one.Help.Contains("microseconds", StringComparison.Ordinal));
    }
}
