using System.Text;
using NsCollector.Discover.Identify.Engine;

namespace NsCollector.Tests.Discover.Identify.Engine;

public sealed class JsonObjectReaderTests
{
    private const string Strange = """{"a":"}]\"{[\\","b":[{"c":{}},[]],"d":"ä🐋"}""";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Read_any_split_of_the_body_gives_the_same_objects(bool isArray)
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
    public void Read_malformed_and_truncated_bodies_are_distinguished(bool isArray, string body, string expected) =>
        Assert.Equal(expected, string.Join('|', All(body, isArray, 1)));

    [Fact]
    public void Read_object_that_is_too_long_is_skipped()
    {
        string large = $$"""{"x":"{{new string('y', 70_000)}}"}""";
        Assert.Equal(["{}", "TooLong", Strange, "End"], All($"[{{}},{large},{Strange}]", true, 1, maxObjectBytes: 60_000));
        Assert.Equal(["{}", "TooLong", Strange, "TooLong", "End"], All($"{{}}{large}\n{Strange}{large}", false, 2, maxObjectBytes: 60_000));
        Assert.Equal([large, "End"], All(large, false, 2, maxObjectBytes: large.Length));
        Assert.Equal(["TooLong", "End"], All(large, false, 2, maxObjectBytes: large.Length - 1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Read_text_longer_than_the_buffer_is_skipped(bool isArray)
    {
        // Reads split the escapes at any offset. The text contains what looks like its end and another object.
        string text = string.Concat(Enumerable.Repeat("""x\\\"},{\u00e4""", 9_000));
        string large = $$"""{"a":1,"{{text}}":2,"b":"{{text}}","c":[{}]}""";
        string body = isArray ? $"[{{}},{large},{Strange}]" : $"{{}}\n{large}\n{Strange}";
        foreach (int seed in Enumerable.Range(0, 30))
            Assert.Equal(["{}", "TooLong", Strange, "End"], All(body, isArray, seed, maxObjectBytes: 20_000));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Read_after_an_exception_of_the_stream_continues(bool isArray)
    {
        string body = isArray ? $"[{Strange},{{}}]" : $"{Strange}\n{{}}";
        foreach (int seed in Enumerable.Range(0, 30))
            Assert.Equal([Strange, "{}", "End"], All(body, isArray, seed, failsEvery: 2));
    }

    [Fact]
    public void Read_stops_after_maxBytes()
    {
        Assert.Equal(["TooLarge"], All($$"""[{"x":"{{new string('y', 70_000)}}""", true, 1, maxBytes: 60_000));
        Assert.Equal(["TooLarge"], All(new string(' ', 70_000), false, 1, maxBytes: 60_000));
        // For events, the bound applies to each event.
        string one = $$"""{"x":"{{new string('y', 50_000)}}"}""" + "\n";
        Assert.Equal(4, All(one + one + one, false, 1, maxBytes: 60_000).Count);
        Assert.Equal("TooLarge", All($"[{one},{one}]", true, 1, maxBytes: 60_000)[^1]);
    }

    private static List<string> All(string body, bool isArray, int seed, int maxObjectBytes = 1 << 20, long maxBytes = 1 << 24, int failsEvery = int.MaxValue)
    {
        using CutStream stream = new(Encoding.UTF8.GetBytes(body), seed, failsEvery);
        using JsonObjectReader reader = new(stream, isArray, maxObjectBytes, maxBytes);
        List<string> found = [];
        while (true)
        {
            JsonObjectOutcome outcome;
            ReadOnlyMemory<byte> json;
            try
            {
                outcome = reader.Read(out json);
            }
            catch (IOException)
            {
                continue;
            }

            found.Add(outcome == JsonObjectOutcome.Object ? Encoding.UTF8.GetString(json.Span) : outcome.ToString());
            if (outcome is not (JsonObjectOutcome.Object or JsonObjectOutcome.TooLong)) return found;
        }
    }

    private sealed class CutStream(byte[] bytes, int seed, int failsEvery) : MemoryStream(bytes)
    {
        private readonly Random _random = new(seed);
        private int _reads;

        public override int Read(Span<byte> buffer) => ++_reads % failsEvery == 0 ? throw new IOException() : base.Read(buffer[..Math.Min(buffer.Length, _random.Next(1, _random.Next(2) == 0 ? 5 : 9000))]);
    }
}
