using System.Text;
using NsCollector.Discover.Identify.Engine;

namespace NsCollector.Tests.Discover.Identify.Engine;

public sealed class JsonObjectReaderTests
{
    private const string Strange = """{"a":"}]\"{[\\","b":[{"c":{}},[]],"d":"ä🐋"}""";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Wherever_a_body_is_cut_into_reads_the_same_objects_come_out(bool isArray)
    {
        string large = $$"""{"x":"{{new string('y', 70_000)}}"}""";
        string[] objects = [Strange, "{}", large, Strange, large, "{}"];
        string body = isArray ? " [ " + string.Join(" ,\n", objects) + "]\n" : string.Join('\n', objects) + "\n";
        foreach (int seed in Enumerable.Range(0, 30))
            Assert.Equal([.. objects, "End"], All(body, isArray, seed));
    }

    [Theory]
    [InlineData(true, "[]", "End")]
    [InlineData(true, "", "Cut")]
    [InlineData(true, "[", "Cut")]
    [InlineData(true, "[{}", "{}|Cut")]
    [InlineData(true, "[{},", "{}|Cut")]
    [InlineData(true, "[{\"a", "Cut")]
    [InlineData(true, "[{},]", "{}|Malformed")]
    [InlineData(true, "[{}{}]", "{}|Malformed")]
    [InlineData(true, "[[]]", "Malformed")]
    [InlineData(true, "[{}]x", "{}|Malformed")]
    [InlineData(true, "{}", "Malformed")]
    [InlineData(true, "null", "Malformed")]
    [InlineData(false, "", "End")]
    [InlineData(false, " \r\n\t", "End")]
    [InlineData(false, "{}{}", "{}|{}|End")]
    [InlineData(false, "{} x", "{}|Malformed")]
    [InlineData(false, "[{}]", "Malformed")]
    [InlineData(false, "{}\n{", "{}|Cut")]
    [InlineData(false, "<html>", "Malformed")]
    public void What_is_no_body_of_objects_is_told_from_its_end(bool isArray, string body, string expected) =>
        Assert.Equal(expected, string.Join('|', All(body, isArray, 1)));

    [Fact]
    public void An_object_that_is_too_long_is_passed_over_and_the_next_is_whole()
    {
        string large = $$"""{"x":"{{new string('y', 70_000)}}"}""";
        Assert.Equal(["{}", "TooLong", Strange, "End"], All($"[{{}},{large},{Strange}]", true, 1, maxObjectBytes: 60_000));
        Assert.Equal(["{}", "TooLong", Strange, "TooLong", "End"], All($"{{}}{large}\n{Strange}{large}", false, 2, maxObjectBytes: 60_000));
        Assert.Equal([large, "End"], All(large, false, 2, maxObjectBytes: large.Length));
        Assert.Equal(["TooLong", "End"], All(large, false, 2, maxObjectBytes: large.Length - 1));
    }

    [Fact]
    public void More_than_may_be_read_is_not_read()
    {
        Assert.Equal(["TooLarge"], All($$"""[{"x":"{{new string('y', 70_000)}}""", true, 1, maxBytes: 60_000));
        Assert.Equal(["TooLarge"], All(new string(' ', 70_000), false, 1, maxBytes: 60_000));
        // Of events each counts for itself.
        string one = $$"""{"x":"{{new string('y', 50_000)}}"}""" + "\n";
        Assert.Equal(4, All(one + one + one, false, 1, maxBytes: 60_000).Count);
        Assert.Equal("TooLarge", All($"[{one},{one}]", true, 1, maxBytes: 60_000)[^1]);
    }

    private static List<string> All(string body, bool isArray, int seed, int maxObjectBytes = 1 << 20, long maxBytes = 1 << 24)
    {
        using CutStream stream = new(Encoding.UTF8.GetBytes(body), seed);
        using JsonObjectReader reader = new(stream, isArray, maxObjectBytes, maxBytes);
        List<string> found = [];
        while (true)
        {
            JsonObjectOutcome outcome = reader.Read(out ReadOnlySpan<byte> json);
            found.Add(outcome == JsonObjectOutcome.Object ? Encoding.UTF8.GetString(json) : outcome.ToString());
            if (outcome is not (JsonObjectOutcome.Object or JsonObjectOutcome.TooLong)) return found;
        }
    }

    private sealed class CutStream(byte[] bytes, int seed) : MemoryStream(bytes)
    {
        private readonly Random _random = new(seed);

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, _random.Next(1, _random.Next(2) == 0 ? 5 : 9000))]);
    }
}
