using NsCollector.Host.Logging;

namespace NsCollector.Tests.Host.Logging;

public sealed class AgentLoggingTests
{
    [Theory]
    [InlineData("8:12345", true)]
    [InlineData("8:12346", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void IsJournal_is_true_only_if_JOURNAL_STREAM_names_the_file(string? variable, bool journal) =>
        Assert.Equal(journal, AgentLogging.IsJournal(variable, 8, 12345));
}
