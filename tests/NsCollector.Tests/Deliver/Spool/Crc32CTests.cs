using NsCollector.Deliver.Spool;

namespace NsCollector.Tests.Deliver.Spool;

public class Crc32CTests
{
    // RFC 3720, appendix B.4; the digits of the catalogue of CRCs ("check" of CRC-32/ISCSI).
    [Fact]
    public void Of_test_vectors_of_the_RFC_is_their_checksum()
    {
        Assert.Equal(0xe3069283u, Crc32C.Of("123456789"u8));
        Assert.Equal(0x8a9136aau, Crc32C.Of(new byte[32]));
        Assert.Equal(0x62a8ab43u, Crc32C.Of([.. Enumerable.Repeat((byte)0xff, 32)]));
        Assert.Equal(0x46dd794eu, Crc32C.Of([.. Enumerable.Range(0, 32).Select(i => (byte)i)]));
    }
}
