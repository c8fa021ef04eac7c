using FsCheck;
using FsCheck.Fluent;
using NsCollector.Deliver.Spool;

namespace NsCollector.Tests.Deliver.Spool;

public class SpoolFileNameTests
{
    [Fact]
    public void SpoolFileName_has_sequence_points_bytes_and_checksum()
    {
        SpoolFileName name = new(42, 6103, 1_534_221, 0x0a3a11c2);
        Assert.Equal("0000000000000042-6103-1534221-0a3a11c2.lp.gz", name.ToString());
        Assert.True(SpoolFileName.TryParse(name.ToString(), out SpoolFileName parsed));
        Assert.Equal(name, parsed);
    }

    [Fact]
    public void TryParse_any_name_round_trips_and_sorts_by_sequence() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<(PositiveInt Sequence, NonNegativeInt Points, NonNegativeInt Bytes, uint Crc)>(),
            given =>
            {
                SpoolFileName name = new(given.Sequence.Get, given.Points.Get, given.Bytes.Get, given.Crc);
                SpoolFileName later = name with { Sequence = name.Sequence + 1, Points = 1, LineBytes = 1, Crc32C = 0 };
                return SpoolFileName.TryParse(name.ToString(), out SpoolFileName parsed) && parsed == name &&
                    string.CompareOrdinal(name.ToString(), later.ToString()) < 0;
            }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("")]
    [InlineData(".lp.gz")]
    [InlineData("0000000000000042-6103-1534221-0a3a11c2")]
    [InlineData("0000000000000042-6103-1534221-0a3a11c2.lp.gz.damaged")]
    [InlineData("0000000000000042-6103-1534221-0A3A11C2.lp.gz")]
    [InlineData("42-6103-1534221-0a3a11c2.lp.gz")]
    [InlineData("0000000000000042--6103-1534221-0a3a11c2.lp.gz")]
    [InlineData("0000000000000042-06103-1534221-0a3a11c2.lp.gz")]
    [InlineData("0000000000000042-6103-1534221-0a3a11c2-1.lp.gz")]
    [InlineData("0000000000000042-6103-99999999999-0a3a11c2.lp.gz")]
    [InlineData("0000000000000042-6103-1534221-0a3a11c2 .lp.gz")]
    [InlineData("../000000000000042-6103-1534221-0a3a11c2.lp.gz")]
    [InlineData("00000000000000١٢-6103-1534221-0a3a11c2.lp.gz")]
    public void TryParse_other_form_is_false(string text) => Assert.False(SpoolFileName.TryParse(text, out _));

    [Fact]
    public void TryParse_sequence_over_maximum_is_false()
    {
        Assert.True(SpoolFileName.TryParse("0999999999999999-1-9-00000000.lp.gz", out _));
        Assert.False(SpoolFileName.TryParse("9999999999999999-1-9-00000000.lp.gz", out _));
    }

    [Fact]
    public void Name_of_an_OTLP_file_has_its_own_suffix()
    {
        SpoolFileName name = new(42, 6103, 1534221, 0x9f3a11c2, SpoolFormat.Otlp);

        Assert.Equal("0000000000000042-6103-1534221-9f3a11c2.otlp.gz", name.ToString());
        Assert.True(SpoolFileName.TryParse(name.ToString(), out SpoolFileName parsed));
        Assert.Equal(name, parsed);
    }
}
