using NsCollector.Host.Logging;

namespace NsCollector.Tests.Host.Logging;

public sealed class AgentLoggingTests
{
    [Theory]
    [InlineData("8:12345", true)]
    [InlineData("8:12346", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Standard_error_is_the_journal_only_where_JOURNAL_STREAM_names_this_very_file(string? variable, bool journal) =>
        Assert.Equal(journal, AgentLogging.IsJournal(variable, 8, 12345));
}
