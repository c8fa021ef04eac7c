namespace NsCollector.Encode.Otlp;

/// <summary>Reads requests of <see cref="OtlpWriter"/>: to count their points, and to divide them between ResourceMetrics.</summary>
internal static class OtlpRequest
{
    // ExportMetricsServiceRequest: resource_metrics = 1. ResourceMetrics: scope_metrics = 2. ScopeMetrics: metrics = 2. Metric: gauge = 5,
    // sum = 7. Gauge and Sum: data_points = 1.
    private const int ResourceMetrics = 1, ScopeMetrics = 2, Metrics = 2, Gauge = 5, Sum = 7, DataPoints = 1;

    /// <summary>The number of points; -1 if it is not a request.</summary>
    internal static int CountPoints(ReadOnlySpan<byte> request)
    {
        int points = 0;
        while (!request.IsEmpty)
        {
            int inside = ProtobufReader.TryField(ref request, out int field, out ReadOnlySpan<byte> resource, out _) && field == ResourceMetrics ? CountOfResource(resource) : -1;
            if (inside < 0) return -1;
            points += inside;
        }

        return points;
    }

    /// <summary>The length of the first ResourceMetrics that fit into <paramref name="maxBytes"/>; at least one.</summary>
    /// <param name="request">A request whose points can be counted.</param>
    /// <param name="maxBytes">Maximum bytes.</param>
    /// <param name="points">The number of points in them.</param>
    internal static int Leading(ReadOnlySpan<byte> request, int maxBytes, out int points)
    {
        points = 0;
        ReadOnlySpan<byte> rest = request;
        int length = 0;
        while (!rest.IsEmpty && ProtobufReader.TryField(ref rest, out _, out ReadOnlySpan<byte> resource, out _))
        {
            int end = request.Length - rest.Length;
            if (length > 0 && end > maxBytes) break;
            length = end;
            points += Math.Max(0, CountOfResource(resource));
        }

        return length;
    }

    private static int CountOfResource(ReadOnlySpan<byte> resource)
    {
        int points = 0;
        while (!resource.IsEmpty)
        {
            if (!ProtobufReader.TryField(ref resource, out int field, out ReadOnlySpan<byte> scope, out _)) return -1;
            if (field != ScopeMetrics) continue;
            while (!scope.IsEmpty)
            {
                if (!ProtobufReader.TryField(ref scope, out int inScope, out ReadOnlySpan<byte> metric, out _)) return -1;
                if (inScope != Metrics) continue;
                int inside = CountOfMetric(metric);
                if (inside < 0) return -1;
                points += inside;
            }
        }

        return points;
    }

    private static int CountOfMetric(ReadOnlySpan<byte> metric)
    {
        int points = 0;
        while (!metric.IsEmpty)
        {
            if (!ProtobufReader.TryField(ref metric, out int field, out ReadOnlySpan<byte> data, out _)) return -1;
            if (field is not (Gauge or Sum)) continue;
            while (!data.IsEmpty)
            {
                if (!ProtobufReader.TryField(ref data, out int inData, out _, out _)) return -1;
                if (inData == DataPoints) points++;
            }
        }

        return points;
    }
}
