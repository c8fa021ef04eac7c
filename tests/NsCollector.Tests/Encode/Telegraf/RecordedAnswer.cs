using System.Text;
using NsCollector.Tests.Fixtures;

namespace NsCollector.Tests.Encode.Telegraf;

/// <summary>A file of Fixtures/Telegraf: the kernel's files, and what Telegraf wrote of them.</summary>
internal sealed class RecordedAnswer
{
    private RecordedAnswer(Dictionary<string, string> files) => Files = files;

    /// <summary>The kernel's files, by name.</summary>
    public Dictionary<string, string> Files { get; }

    /// <summary>Telegraf's points.</summary>
    public List<Point> Points { get; private init; } = [];

    public static RecordedAnswer Read(string name)
    {
        (Dictionary<string, string> files, string answer) = RecordedSections.ReadAnswer($"Telegraf/{name}.txt");

        // One after the other: Telegraf writes several points of one series with the same time.
        List<Point> points = [.. answer.Split('\n', StringSplitOptions.RemoveEmptyEntries).SelectMany(line => StrictParser.ParseAll(Encoding.UTF8.GetBytes(line + '\n')))];
        return new RecordedAnswer(files) { Points = points };
    }

    /// <summary>Telegraf's point that has the same measurement and row as another.</summary>
    public Point? Same(Point point) => Points.SingleOrDefault(one => SeriesOf(one) == SeriesOf(point));

    /// <summary>Measurement and row of a point.</summary>
    public static string SeriesOf(Point point) =>
        string.Join(' ', [point.Measurement, .. new[] { "cpu", "network", "device", "name", "interface", "path" }.Select(point.Tags.GetValueOrDefault)]);
}
