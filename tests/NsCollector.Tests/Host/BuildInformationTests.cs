using NsCollector.Host;

namespace NsCollector.Tests.Host;

public sealed class BuildInformationTests
{
    [Fact]
    public void Net_9_inside_is_told_to_be_out_of_support_and_why_it_is_there()
    {
        string? notice = BuildInformation.SupportNotice(new Version(9, 0, 20));
        Assert.Contains("left support on 2026-11-10", notice, StringComparison.Ordinal);
        Assert.Contains("runtime pack for .NET 10", notice, StringComparison.Ordinal);
        Assert.Null(BuildInformation.SupportNotice(new Version(10, 0, 12)));
    }
}
