using FsCheck;
using FsCheck.Fluent;
using NsCollector.Deliver.File;

namespace NsCollector.Tests.Deliver.File;

public class RotationNamesTests
{
    private static readonly RotationNames Names = new("metrics.lp");
    private static readonly DateTime Noon = new(2026, 11, 21, 12, 0, 0, 7, DateTimeKind.Utc);

    [Theory]
    [InlineData(RotatedForm.Plain, "metrics.lp.20261121T120000.007Z")]
    [InlineData(RotatedForm.Gzip, "metrics.lp.20261121T120000.007Z.gz")]
    [InlineData(RotatedForm.UnfinishedGzip, "metrics.lp.20261121T120000.007Z.gz.tmp")]
    internal void A_name_tells_when_it_was_rotated_and_in_which_form_it_is(RotatedForm form, string expected)
    {
        Assert.Equal(expected, Names.Of(Noon, form));
        Assert.True(Names.TryParse(expected, out RotatedName name));
        Assert.Equal(new RotatedName(expected, Noon, form), name);
    }

    [Theory]
    [InlineData("metrics.lp")]
    [InlineData("metrics.lp.")]
    [InlineData("metrics.lp.1")]
    [InlineData("metrics.lp.gz")]
    [InlineData("metrics.lp.20261121")]
    [InlineData("metrics.lp.20261121T120000.007Z.bak")]
    [InlineData("metrics.lp.20261121T120000.007Z.gz.old")]
    [InlineData("metrics.lp.20261121T120000.007Zx")]
    [InlineData("metrics.lp.20261321T120000.007Z")]
    [InlineData("other.lp.20261121T120000.007Z")]
    [InlineData("xmetrics.lp.20261121T120000.007Z")]
    [InlineData("metrics.lp.20261121T120000.\u0667\u0667\u0667Z")]
    public void TryParse_other_names_is_false(string fileName) =>
        Assert.False(Names.TryParse(fileName, out _));

    [Fact]
    public void NextStamp_grows_when_clock_is_set_back()
    {
        Prop.ForAll<DateTime[]>(clock =>
        {
            DateTime? newest = null;
            List<string> given = [];
            foreach (DateTime now in clock.Where(now => now.Year is > 1000 and < 9000))
            {
                newest = RotationNames.NextStamp(DateTime.SpecifyKind(now, DateTimeKind.Utc), newest);
                string fileName = Names.Of(newest.Value);
                if (!Names.TryParse(fileName, out RotatedName name) || name.Stamp != newest) return false;
                given.Add(fileName);
            }
            return given.SequenceEqual(given.Distinct().Order(StringComparer.Ordinal));
        }).QuickCheckThrowOnFailure();
    }
}
