using NsCollector.Discover.Identify;

namespace NsCollector.Tests.Discover.Identify;

public sealed class SubdirectoryNamesTests : IDisposable
{
    private readonly TemporaryDirectory _tree = new();

    public void Dispose() => _tree.Dispose();

    private string Top => _tree.Path + "/top";

    private void Settle() => Directory.SetLastWriteTimeUtc(Top, DateTime.UtcNow.AddHours(-1));

    [Fact]
    public void Directories_are_listed_in_order_and_files_are_not()
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

    // The kernel stamps with the time of its last tick: two changes in one tick leave one time.
    [Fact]
    public void A_directory_that_changed_just_now_is_read_again()
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
    public void A_directory_that_is_not_there_has_no_names_and_is_looked_for_again()
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
    public void A_file_in_the_directory_s_place_has_no_names()
    {
        File.WriteAllText(Top, "");
        var names = new SubdirectoryNames(Top, 10);
        names.Refresh();
        Assert.Empty(names.Names);
    }

    [Fact]
    public void More_names_than_may_be_are_left_out_and_said()
    {
        for (int i = 0; i < 5; i++) Directory.CreateDirectory($"{Top}/{i}");
        var names = new SubdirectoryNames(Top, 3);
        names.Refresh();
        Assert.Equal((3, 2), (names.Names.Length, names.LeftOut));
    }
}
