using NsCollector.Encode.Otlp;

namespace NsCollector.Tests.Encode.Otlp;

public sealed class OtlpRequestTests
{
    [Fact]
    public void Count_of_arbitrary_bytes_never_throws()
    {
        Random random = new(17);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = new byte[random.Next(40)];
            random.NextBytes(bytes);
            int points = OtlpRequest.CountPoints(bytes);
            Assert.InRange(points, -1, bytes.Length);
            Assert.InRange(OtlpRequest.Leading(bytes, 10, out _), 0, bytes.Length);
        }
    }

    [Fact]
    public void Truncated_request_is_not_counted()
    {
        // resource_metrics (scope_metrics (metrics (gauge (data_points of 2 bytes)))).
        byte[] request = [0x0A, 10, 0x12, 8, 0x12, 6, 0x2A, 4, 0x0A, 2, 0x18, 1];

        Assert.Equal(1, OtlpRequest.CountPoints(request));
        Assert.All(Enumerable.Range(1, request.Length - 1), length => Assert.Equal(-1, OtlpRequest.CountPoints(request.AsSpan(0, length))));
        Assert.Equal(2, OtlpRequest.CountPoints([.. request, .. request]));
        Assert.Equal(request.Length, OtlpRequest.Leading([.. request, .. request], request.Length + 1, out int points));
        Assert.Equal(1, points);
    }
}
