using System.Text;
using NsCollector.Deliver.Http;
using NsCollector.Deliver.Otlp;

namespace NsCollector.Tests.Deliver.Otlp;

public sealed class OtlpAnswerReaderTests
{
    [Fact]
    public void Partial_success_of_60_bytes_is_not_a_page()
    {
        // 0x0A is a line feed, and the length 60 is a less-than sign.
        byte[] body = new ProtobufMessage().With(1, new ProtobufMessage().With(1, 7).With(2, new string('x', 56))).ToBytes();
        Assert.Equal("\n<"u8.ToArray(), body[..2]);

        ServerAnswer answer = Read(200, "application/x-protobuf", body);

        Assert.Equal((AnswerKind.TakenInPart, 7L), (answer.Kind, answer.RefusedPoints));
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/octet-stream")]
    [InlineData("")]
    public void Success_of_any_type_is_taken(string type) => Assert.Equal(AnswerKind.Taken, Read(200, type, "{}"u8.ToArray()).Kind);

    [Fact]
    public void Partial_success_of_another_type_is_counted()
    {
        byte[] body = new ProtobufMessage().With(1, new ProtobufMessage().With(1, 7)).ToBytes();
        Assert.Equal((AnswerKind.TakenInPart, 7L), (Read(200, "application/octet-stream", body).Kind, Read(200, "application/octet-stream", body).RefusedPoints));
        Assert.Equal(AnswerKind.Taken, Read(200, "text/plain", "ok"u8.ToArray()).Kind);
    }

    [Fact]
    public void Page_is_not_an_OTLP_server()
    {
        Assert.Equal(AnswerKind.NotADatabase, Read(200, "", " <html>"u8.ToArray()).Kind);
        Assert.Equal(AnswerKind.NotADatabase, Read(500, "text/html", "oops"u8.ToArray()).Kind);
    }

    [Theory]
    [InlineData(408, AnswerKind.ServerFailed)]
    [InlineData(425, AnswerKind.Throttled)]
    [InlineData(500, AnswerKind.ServerFailed)]
    [InlineData(520, AnswerKind.ServerFailed)]
    [InlineData(501, AnswerKind.NotADatabase)]
    [InlineData(505, AnswerKind.NotADatabase)]
    [InlineData(400, AnswerKind.RequestRefused)]
    [InlineData(422, AnswerKind.RequestRefused)]
    public void Status_with_a_message_in_JSON(int status, object kind) =>
        Assert.Equal(kind, Read(status, "application/json", """{"message":"no Route matched"}"""u8.ToArray()).Kind);

    [Theory]
    [InlineData(400)]
    [InlineData(422)]
    public void Status_in_protobuf_refuses_the_points(int status) =>
        Assert.Equal(AnswerKind.LinesRefused, Read(status, "application/x-protobuf", new ProtobufMessage().With(1, 3).With(2, "bad").ToBytes()).Kind);

    [Theory]
    [InlineData(200, """{"partialSuccess":{"rejectedDataPoints":"2","errorMessage":"\ud800"}}""")]
    [InlineData(400, """{"message":"\ud800"}""")]
    public void Half_a_surrogate_pair_is_no_error_of_the_agent(int status, string body) =>
        Assert.Equal(status == 200 ? AnswerKind.Taken : AnswerKind.RequestRefused, Read(status, "application/json", Encoding.UTF8.GetBytes(body)).Kind);

    private static ServerAnswer Read(int status, string type, byte[] body) =>
        OtlpAnswerReader.Read(new HttpAnswer { Status = status, MediaType = type, Body = Encoding.UTF8.GetString(body), Bytes = body }, null, [], DateTimeOffset.UnixEpoch);
}
