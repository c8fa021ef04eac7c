using System.Text;
using NsCollector.Linux.KernelLog;

namespace NsCollector.Tests.Linux.KernelLog;

public sealed class KernelLogRecordTests
{
    [Fact]
    public void TryParse_record_of_the_kernel_with_keys_of_a_device()
    {
        Assert.True(KernelLogRecord.TryParse("6,339,5140900,-;NET: Registered\\x0aPF\n SUBSYSTEM=acpi\n DEVICE=+acpi:PNP0A03:00\n"u8, out KernelLogRecord record));
        Assert.True(record.IsFromKernel);
        Assert.False(record.IsContinuation);
        Assert.Equal((339ul, 5_140_900L), (record.Sequence, record.TimeUs));
        Assert.Equal("NET: Registered\\x0aPF", Encoding.ASCII.GetString(record.Text));
        Assert.True(record.Caller.IsEmpty);
    }

    [Theory]
    [InlineData("7,1,2,c;x\n", true, true, "")]
    [InlineData("12,1,2,-;x\n", false, false, "")]
    [InlineData("30,1,2,c,caller=T667;x\n", false, true, "caller=T667")]
    [InlineData("4,1,2,-,caller=C1;x\n", true, false, "caller=C1")]
    [InlineData("4,1,2,-,new=1;x\n", true, false, "")]
    public void TryParse_facility_flags_and_caller(string text, bool isFromKernel, bool isContinuation, string caller)
    {
        Assert.True(KernelLogRecord.TryParse(Encoding.ASCII.GetBytes(text), out KernelLogRecord record));
        Assert.Equal((isFromKernel, isContinuation, caller), (record.IsFromKernel, record.IsContinuation, Encoding.ASCII.GetString(record.Caller)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("6,1,2,-")]
    [InlineData("6,1,2,-;no line feed")]
    [InlineData("6,1;x\n")]
    [InlineData("6,1,2;x\n")]
    [InlineData(";x\n")]
    [InlineData("-1,1,2,-;x\n")]
    [InlineData("6,99999999999999999999,2,-;x\n")]
    public void TryParse_malformed_record_is_refused(string text) => Assert.False(KernelLogRecord.TryParse(Encoding.ASCII.GetBytes(text), out _));

    [Theory]
    [InlineData("stress", "stress")]
    [InlineData("a\\x0ab\\x5cx0a", "a\nb\\x0a")]
    [InlineData("\\xc3\\xa9", "é")]
    [InlineData("\\xff", "\uFFFD")]
    [InlineData("\\x4", "\\x4")]
    [InlineData("\\xzz1", "\\xzz1")]
    public void Decode_reverses_the_escapes_of_the_kernel(string escaped, string expected) =>
        Assert.Equal(expected, KernelLogText.Decode(Encoding.ASCII.GetBytes(escaped)));
}
