using NsCollector.Host;

namespace NsCollector.Tests.Host;

public sealed class BuildInformationTests
{
    [Theory]
    [InlineData("0.1.0+43fd10ba45e63b285ebe47afd5b7c4bd57225503", "43fd10ba45e63b285ebe47afd5b7c4bd57225503", false)]
    [InlineData("0.1.0+43fd10ba45e63b285ebe47afd5b7c4bd57225503.modified", "43fd10ba45e63b285ebe47afd5b7c4bd57225503", true)]
    [InlineData("0.1.0", null, false)]
    [InlineData("0.1.0-rc.modified", null, false)]
    public void Commit_is_separated_from_what_was_done_to_it(string informational, string? commit, bool isModified)
    {
        Assert.Equal(commit, BuildInformation.CommitOf(informational));
        Assert.Equal(isModified, BuildInformation.IsModifiedIn(informational));
    }
}
