using System.Text.RegularExpressions;

namespace NsCollector.GuestTests.Service;

/// <summary>The agent's messages in the journal.</summary>
[Collection(GuestCollection.Name)]
public sealed partial class JournalTests(Guest guest)
{
    [GuestFact]
    public void Messages_have_only_their_priority_as_prefix()
    {
        string cursor = JournalEntry.Cursor(guest);
        // A partial line, as a killed agent leaves it, causes a warning. A directory without write permission causes an error.
        guest.Run($"install -d -m 0750 -o nscollector -g nscollector /var/log/nscollector /var/log/nscollector/torn && printf 'half a li' > /var/log/nscollector/torn/metrics.lp && chown nscollector: /var/log/nscollector/torn/metrics.lp");
        try
        {
            using var agent = new InstalledAgent(guest, $"[file:main]\npath = {Unit.MetricsPath}\n[file:torn]\npath = /var/log/nscollector/torn/metrics.lp\n[file:refused]\npath = /srv/metrics.lp\n");
            Guest.Await(() => JournalEntry.OfAgentSince(guest, cursor) is var journal && journal.Any(entry => entry.Priority == 4) && journal.Any(entry => entry.Priority == 3), "a warning and an error", () => agent.Log);
        }
        finally
        {
            guest.Run("rm -r /var/log/nscollector/torn");
        }

        JournalEntry[] said = JournalEntry.OfAgentSince(guest, cursor);
        Assert.Equal(6, Only("NsCollector 0.").Priority);
        Assert.Equal(4, Only("ended in an incomplete line of 9 bytes").Priority);
        Assert.Equal(3, Only("cannot write to /srv/metrics.lp").Priority);
        Assert.Equal(6, Only("Stopped").Priority);
        Assert.DoesNotContain(said, entry => Prefix().IsMatch(entry.Message) || StackTrace().IsMatch(entry.Message) || entry.Message.Length == 0);

        JournalEntry Only(string part) => Assert.Single(said, entry => entry.Message.Contains(part, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^\s*<\d>|^\[?(info|warn|error)", RegexOptions.IgnoreCase)]
    private static partial Regex Prefix();

    [GeneratedRegex(@"^\s*at \S+\(|Exception")]
    private static partial Regex StackTrace();
}
