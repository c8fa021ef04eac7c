namespace NsCollector.Tests.TestSupport;

/// <summary>Compares encoded messages with the examples of the specification (protobuf.dev).</summary>
public sealed class ProtobufMessageTests
{
    [Fact]
    public void ToBytes_equals_examples_of_specification()
    {
        Assert.Equal("089601", Convert.ToHexStringLower(new ProtobufMessage().With(1, 150).ToBytes()));
        Assert.Equal("120774657374696e67", Convert.ToHexStringLower(new ProtobufMessage().With(2, "testing").ToBytes()));
        Assert.Equal("1a03089601", Convert.ToHexStringLower(new ProtobufMessage().With(3, new ProtobufMessage().With(1, 150)).ToBytes()));
        Assert.Equal("08feffffffffffffffff01", Convert.ToHexStringLower(new ProtobufMessage().With(1, -2).ToBytes()));
    }

    [Fact]
    public void Parse_reads_written_fields_and_defaults()
    {
        ProtobufMessage message = ProtobufMessage.Parse(new ProtobufMessage()
            .With(1, -2)
            .With(2, "testing")
            .With(3, new ProtobufMessage().With(1, 150))
            .With(4, new Dictionary<string, string> { ["a"] = "1", ["b"] = "" })
            .ToBytes());
        Assert.Equal((-2, "testing", 150), (message.Number(1), message.Text(2), message.Message(3).Number(1)));
        Assert.Equal(new Dictionary<string, string> { ["a"] = "1", ["b"] = "" }, message.Map(4));
        Assert.Equal((0, "", 0), (message.Number(9), message.Text(9), message.Message(9).Number(1)));
    }

    [Fact]
    public void Parse_of_truncated_message_throws()
    {
        Assert.Throws<FormatException>(() => ProtobufMessage.Parse([0x12, 0x07, 0x74]));
        Assert.Throws<FormatException>(() => ProtobufMessage.Parse([0x08, 0x96]));
    }
}
