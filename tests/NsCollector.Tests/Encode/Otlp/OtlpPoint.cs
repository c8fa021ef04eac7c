namespace NsCollector.Tests.Encode.Otlp;

/// <summary>A point of an ExportMetricsServiceRequest, decoded by the field numbers of opentelemetry-proto.</summary>
internal sealed record OtlpPoint
{
    public required Dictionary<string, string> Resource { get; init; }

    public required string Name { get; init; }

    public string Unit { get; init; } = "";

    public bool IsSum { get; init; }

    /// <summary>1: delta, 2: cumulative, 0: a gauge.</summary>
    public long Temporality { get; init; }

    public bool IsMonotonic { get; init; }

    public long? StartNs { get; init; }

    public long? TimeNs { get; init; }

    public long? Integer { get; init; }

    public double? Double { get; init; }

    public required Dictionary<string, string> Attributes { get; init; }

    public static List<OtlpPoint> Decode(ReadOnlySpan<byte> request)
    {
        List<OtlpPoint> points = [];
        foreach (ProtobufMessage resourceMetrics in ProtobufMessage.Parse(request).Messages(1))
        {
            Dictionary<string, string> resource = AttributesOf(resourceMetrics.Message(1), 1);
            foreach (ProtobufMessage scope in resourceMetrics.Messages(2))
            {
                Assert.Equal("nscollector", scope.Message(1).Text(1));
                foreach (ProtobufMessage metric in scope.Messages(2))
                {
                    bool isSum = metric.Has(7);
                    Assert.True(isSum != metric.Has(5), "a metric has exactly one kind of data");
                    ProtobufMessage data = metric.Message(isSum ? 7 : 5);
                    int before = points.Count;
                    foreach (ProtobufMessage point in data.Messages(1))
                    {
                        points.Add(new OtlpPoint
                        {
                            Resource = resource, Name = metric.Text(1), Unit = metric.Text(3), IsSum = isSum,
                            Temporality = isSum ? data.Number(2) : 0, IsMonotonic = isSum && data.Number(3) == 1,
                            StartNs = point.Bits(2), TimeNs = point.Bits(3), Integer = point.Bits(6),
                            Double = point.Bits(4) is { } bits ? BitConverter.Int64BitsToDouble(bits) : null,
                            Attributes = AttributesOf(point, 7),
                        });
                    }

                    Assert.True(points.Count > before, $"{metric.Text(1)} has no point");
                }
            }
        }

        return points;
    }

    // KeyValue: key = 1, value = 2. AnyValue: string_value = 1, array_value = 5 (values = 1).
    private static Dictionary<string, string> AttributesOf(ProtobufMessage message, int field) => message.Messages(field).ToDictionary(
        pair => pair.Text(1),
        pair => pair.Message(2).Has(5) ? "[" + string.Join(',', pair.Message(2).Message(5).Messages(1).Select(value => value.Text(1))) + "]" : pair.Message(2).Text(1));
}
