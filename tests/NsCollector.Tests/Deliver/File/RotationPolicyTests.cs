using System.Text;
using FsCheck;
using FsCheck.Fluent;
using NsCollector.Deliver.File;

namespace NsCollector.Tests.Deliver.File;

public class RotationPolicyTests
{
    private static readonly RotationPolicy BySize = new(100, TimeSpan.Zero, 3);

    [Theory]
    [InlineData("aaaa\nbbbb\n", 0, 10)]
    [InlineData("aaaa\nbbbb\n", 90, 10)]
    [InlineData("aaaa\nbbbb\n", 91, 5)]
    [InlineData("aaaa\nbbbb\n", 95, 5)]
    [InlineData("aaaa\nbbbb\n", 96, 0)]
    [InlineData("aaaa\nbbbb\n", 100, 0)]
    [InlineData("aaaa\nbbbb\n", 5000, 0)]
    public void LinesThatFit_returns_whole_lines_within_limit(string lines, long size, int expected) =>
        Assert.Equal(expected, BySize.LinesThatFit(Encoding.ASCII.GetBytes(lines), size));

    [Fact]
    public void LinesThatFit_line_over_limit_gets_its_own_file()
    {
        byte[] lines = Encoding.ASCII.GetBytes(new string('a', 300) + "\nb\n");

        Assert.Equal(0, BySize.LinesThatFit(lines, 1));
        Assert.Equal(301, BySize.LinesThatFit(lines, 0));
    }

    [Fact]
    public void LinesThatFit_without_limit_returns_everything() =>
        Assert.Equal(2, new RotationPolicy(0, TimeSpan.Zero, 3).LinesThatFit("a\n"u8, long.MaxValue / 2));

    [Fact]
    public void LinesThatFit_repeated_never_exceeds_limit_and_loses_nothing()
    {
        Prop.ForAll<NonEmptyArray<byte>, PositiveInt>((lengths, limit) =>
        {
            RotationPolicy policy = new(limit.Get, TimeSpan.Zero, 1);
            byte[] lines = [.. lengths.Get.SelectMany(length => Enumerable.Repeat((byte)'x', length).Append((byte)'\n'))];
            int longest = lengths.Get.Max() + 1;
            int at = 0;
            long size = 0;
            while (at < lines.Length)
            {
                int fit = policy.LinesThatFit(lines.AsSpan(at), size);
                if (fit == 0 && size == 0) return false;
                if (fit == 0)
                {
                    size = 0;
                    continue;
                }
                at += fit;
                size += fit;
                if (lines[at - 1] != '\n' || size > Math.Max(limit.Get, longest)) return false;
            }
            return at == lines.Length;
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(1, 59, false)]
    [InlineData(1, 60, true)]
    [InlineData(0, 600, false)]
    [InlineData(1, -5, false)]
    public void IsTooOld_empty_file_is_never_too_old(long size, int ageMinutes, bool expected) =>
        Assert.Equal(expected, new RotationPolicy(0, TimeSpan.FromHours(1), 3).IsTooOld(size, TimeSpan.FromMinutes(ageMinutes)));

    [Fact]
    public void IsTooOld_without_maximum_age_is_false() => Assert.False(BySize.IsTooOld(1, TimeSpan.FromDays(9999)));

    [Theory]
    [InlineData(0, 3, 0, 0)]
    [InlineData(3, 3, 0, 0)]
    [InlineData(5, 3, 0, 2)]
    [InlineData(5, 0, 0, 5)]
    [InlineData(5, 0, 1, 4)]
    public void CountToRemove_returns_files_over_the_number_to_keep(int existing, int keep, int atLeast, int expected)
    {
        DateTime[] stamps = [.. Enumerable.Range(1, existing).Select(i => new DateTime(2026, 1, i))];
        Assert.Equal(expected, new RotationPolicy(1, TimeSpan.Zero, keep).CountToRemove(stamps, atLeast));
    }
}
