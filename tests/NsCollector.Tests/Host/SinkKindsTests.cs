using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Deliver;
using NsCollector.Deliver.Spool;
using NsCollector.Host;
using NsCollector.Host.Configuration;

namespace NsCollector.Tests.Host;

public class SinkKindsTests
{
    [Fact]
    public void Sink_sections_and_rows_match()
    {
        IEnumerable<string> sections = ConfigurationKeys.Sections.Where(section => section.NewSink is not null).Select(section => section.Name);
        Assert.Equal(sections, SinkKinds.All.Select(kind => kind.Section));
        Assert.All(ConfigurationKeys.Sections, section => Assert.Equal(section.HasInstances, section.NewSink is not null));
    }

    [Fact]
    public void Options_of_each_sink_section_create_a_sink()
    {
        foreach (SinkKind kind in SinkKinds.All)
        {
            SinkOptions options = ConfigurationKeys.FindSection(kind.Section)!.NewSink!("main", new ConfigurationDraft("metrics.lp", "spool"));
            Assert.Same(kind, SinkKinds.Of(options));
            using ISink sink = SinkKinds.Create(options, new SpoolOptions { Path = "spool" }, spoolLock: null, NullLoggerFactory.Instance);
            Assert.Equal($"{kind.Section}:main", sink.Name);
        }
    }
}
