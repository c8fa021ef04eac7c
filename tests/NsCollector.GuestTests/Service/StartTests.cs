namespace NsCollector.GuestTests.Service;

/// <summary>Failed starts and crashes, and how systemd reacts.</summary>
[Collection(GuestCollection.Name)]
public sealed class StartTests(Guest guest)
{
    private const string DropIn = "/etc/nscollector/conf.d/91-test.conf";

    [GuestFact]
    public void Wrong_configuration_is_reported_once_without_restarts()
    {
        JournalEntry[] journal = FailToStart("[agent]\ninterval = soon\n");
        string[] words = [DropIn + ":2:", "[agent] interval = soon", "a whole number with a unit"];
        Assert.Contains(journal, entry => entry.Identifier == "nscollector" && entry.Priority == 3 && words.All(word => entry.Message.Contains(word, StringComparison.Ordinal)));
    }

    [GuestFact]
    public void Missing_credential_is_a_configuration_error()
    {
        JournalEntry[] journal = FailToStart("[influx:main]\nurl = http://127.0.0.1:8086\nversion = 2\norg = o\nbucket = b\ntoken_file = missing.token\n");
        Assert.Contains(journal, entry => entry.Identifier == "nscollector" && entry.Priority == 3
            && new[] { DropIn + ":6:", "[influx:main] token_file", "put it into /etc/nscollector/credentials" }.All(word => entry.Message.Contains(word, StringComparison.Ordinal)));
    }

    [GuestFact]
    public void Killed_agent_is_restarted_and_leaves_no_partial_line()
    {
        using var agent = new InstalledAgent(guest, CollectedLines.Configuration);
        Unit.AwaitCycles(guest);
        string first = Unit.MainPid(guest);
        guest.Run($"kill -9 {first}");
        // RestartSec=5s, as an administrator would see it.
        Guest.Await(() => guest.Run("systemctl show -P SubState nscollector.service") == "running" && Unit.MainPid(guest) != first, "it is running again", () => agent.Log);
        Assert.Equal("1", guest.Run("systemctl show -P NRestarts nscollector.service"));
        AssertRestarted();
    }

    [GuestFact]
    public void Hanging_agent_is_killed_by_the_watchdog_and_restarted()
    {
        using var unit = new UnitDropIn(guest, "WatchdogSec=10s\nRestartSec=1s");
        using var agent = new InstalledAgent(guest, CollectedLines.Configuration);
        Unit.AwaitCycles(guest);
        string cursor = JournalEntry.Cursor(guest), first = Unit.MainPid(guest);
        guest.Run($"kill -STOP {first}");
        Guest.Await(() => guest.Run("systemctl show -P SubState nscollector.service") == "running" && Unit.MainPid(guest) is var pid && pid != first && pid != "0", "it is running again", () => agent.Log);
        Assert.Equal("1", guest.Run("systemctl show -P NRestarts nscollector.service"));
        JournalEntry[] journal = [.. JournalEntry.Since(guest, cursor).Where(entry => entry.Identifier == "systemd")];
        Assert.Contains(journal, entry => entry.Message.Contains("Watchdog timeout (limit 10s)", StringComparison.Ordinal));
        Assert.Contains(journal, entry => entry.Message.Contains("Failed with result 'watchdog'", StringComparison.Ordinal));
        AssertRestarted();
    }

    private void AssertRestarted()
    {
        Unit.AwaitCycles(guest, starts: 2);
        Unit.Stop(guest);
        CollectedLines.AssertWhole(CollectedLines.Read(guest), starts: 2);
    }

    // Starts with an invalid configuration, and returns the journal. A unit that waits for its restart is activating, not failed.
    private JournalEntry[] FailToStart(string configuration)
    {
        string cursor = JournalEntry.Cursor(guest);
        guest.Write(DropIn, configuration);
        try
        {
            Assert.NotEqual(0, guest.Try("systemctl start nscollector.service").Status);
            string[] properties = guest.Run("systemctl show -p ActiveState -p SubState -p Result -p ExecMainStatus -p NRestarts nscollector.service").Split('\n');
            Assert.Equal(["ActiveState=failed", "ExecMainStatus=78", "NRestarts=0", "Result=exit-code", "SubState=failed"], properties.Order(StringComparer.Ordinal));
            JournalEntry[] journal = JournalEntry.Since(guest, cursor);
            Assert.Single(journal, entry => entry.Identifier == "systemd" && entry.Message.StartsWith("Starting ", StringComparison.Ordinal));
            return journal;
        }
        finally
        {
            guest.Run($"rm {DropIn}; systemctl reset-failed nscollector.service");
        }
    }
}
