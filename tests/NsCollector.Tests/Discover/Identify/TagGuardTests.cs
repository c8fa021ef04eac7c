using FsCheck;
using FsCheck.Fluent;
using NsCollector.Discover;
using NsCollector.Discover.Identify;

namespace NsCollector.Tests.Discover.Identify;

public sealed class TagGuardTests
{
    [Fact]
    public void Admit_first_values_always_and_later_ones_never()
    {
        var values = new DistinctValues(2);
        Assert.Equal([true, true, true, false, true, false], new[] { "a", "b", "a", "c", "b", "c" }.Select(values.Admit));
    }

    [Fact]
    public void Admit_any_sequence_keeps_the_limit_and_is_consistent()
    {
        Prop.ForAll(Gen.ArrayOf(Gen.Elements("", "a", "b", "A", "a ", "é", "\0", "aa", "\ud800")).ToArbitrary(), Gen.Choose(0, 6).ToArbitrary(), (texts, max) =>
        {
            var values = new DistinctValues(max);
            var expected = new List<string>();
            foreach (string text in texts)
            {
                if (!expected.Contains(text) && expected.Count < max) expected.Add(text);
                Assert.Equal(expected.Contains(text), values.Admit(text));
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Admit_counts_values_of_each_key_and_refuses_keys_over_the_limit()
    {
        var guard = new TagGuard(new IdentityOptions { MaxLabelKeys = 2, MaxLabelValues = 1 });
        Assert.True(guard.AdmitLabel("a", "1"));
        Assert.True(guard.AdmitLabel("b", "2"));
        Assert.False(guard.AdmitLabel("a", "2"));
        Assert.False(guard.AdmitLabel("c", "1"));
        Assert.True(guard.AdmitLabel("a", "1"));
        Assert.True(guard.AdmitLabel("b", "2"));
    }

    [Fact]
    public void Jobs_without_end_leave_other_owners_their_tag()
    {
        var guard = new TagGuard(new IdentityOptions { MaxOrchestratorValues = 2 });
        Assert.Equal([true, true, false], Enumerable.Range(0, 3).Select(run => guard.AdmitOrchestratorTag(OrchestratorTags.Owner, $"Job/backup-{run}")));
        Assert.True(guard.AdmitOrchestratorTag(OrchestratorTags.Owner, "Deployment/web"));
    }

    [Fact]
    public void Memory_of_a_value_does_not_depend_on_its_length()
    {
        var values = new DistinctValues(10_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) values.Admit(new string((char)('a' + i), 1));
        long ofShort = GC.GetAllocatedBytesForCurrentThread() - before;
        string[] longs = [.. Enumerable.Range(0, 100).Select(i => new string((char)('A' + i), 10_000) + i)];
        var others = new DistinctValues(10_000);
        before = GC.GetAllocatedBytesForCurrentThread();
        foreach (string value in longs) others.Admit(value);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, ofShort);
    }
}
