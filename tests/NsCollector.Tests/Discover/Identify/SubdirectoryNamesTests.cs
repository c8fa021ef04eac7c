using NsCollector.Discover.Identify;

namespace NsCollector.Tests.Discover.Identify;

public sealed class SubdirectoryNamesTests : IDisposable
{
    private readonly TemporaryDirectory _tree = new();

    public void Dispose() => _tree.Dispose();

    private string Top => _tree.Path + "/top";

    private void Settle() => Directory.SetLastWriteTimeUtc(Top, DateTime.UtcNow.AddHours(-1));

    [Fact]
    public void Refresh_lists_directories_in_order_and_no_files()
    {
        foreach (string name in new[] { "b", "a", "C" }) Directory.CreateDirectory($"{Top}/{name}");
        File.WriteAllText(Top + "/file", "");
        Settle();
        var names = new SubdirectoryNames(Top, 10);
        Assert.True(names.Refresh());
        Assert.Equal(["C", "a", "b"], names.Names);
        Assert.False(names.Refresh());
        Directory.CreateDirectory(Top + "/d");
        Assert.True(names.Refresh());
        Assert.Equal(["C", "a", "b", "d"], names.Names);
    }

    // The kernel uses the time of its last tick: two changes in one tick have the same time.
    [Fact]
    public void Refresh_after_a_recent_change_reads_again()
    {
        Directory.CreateDirectory(Top + "/a");
        DateTime stamp = Directory.GetLastWriteTimeUtc(Top);
        var names = new SubdirectoryNames(Top, 10);
        names.Refresh();
        Directory.CreateDirectory(Top + "/b");
        Directory.SetLastWriteTimeUtc(Top, stamp);
        names.Refresh();
        Assert.Equal(["a", "b"], names.Names);
    }

    [Fact]
    public void Refresh_of_a_missing_directory_has_no_names_and_tries_again()
    {
        var names = new SubdirectoryNames(Top, 10);
        Assert.False(names.Refresh());
        Assert.Equal((0, 0), (names.Names.Length, names.Error));
        Directory.CreateDirectory(Top + "/a");
        Assert.True(names.Refresh());
        Assert.Equal(["a"], names.Names);
        Directory.Delete(Top, recursive: true);
        Assert.True(names.Refresh());
        Assert.Empty(names.Names);
    }

    [Fact]
    public void Refresh_of_a_file_has_no_names()
    {
        File.WriteAllText(Top, "");
        var names = new SubdirectoryNames(Top, 10);
        names.Refresh();
        Assert.Empty(names.Names);
    }

    [Fact]
    public void Refresh_over_the_limit_leaves_names_out_and_reports_it()
    {
        for (int i = 0; i < 5; i++) Directory.CreateDirectory($"{Top}/{i}");
        var names = new SubdirectoryNames(Top, 3);
        names.Refresh();
        Assert.Equal((3, 2), (names.Names.Length, names.LeftOut));
    }
}
