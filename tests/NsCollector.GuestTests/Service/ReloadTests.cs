namespace NsCollector.GuestTests.Service;

/// <summary><c>systemctl reload</c> and logrotate.</summary>
[Collection(GuestCollection.Name)]
public sealed class ReloadTests(Guest guest)
{
    [GuestFact]
    public void Reload_opens_the_file_again_in_the_same_process()
    {
        using var agent = new InstalledAgent(guest, CollectedLines.Configuration);
        AwaitLines();
        string before = Unit.MainPid(guest);
        guest.Run($"mv {Unit.MetricsPath} {Unit.MetricsPath}.moved && systemctl reload nscollector.service");
        AwaitLines();
        Assert.Equal((before, "active"), (Unit.MainPid(guest), guest.Run("systemctl is-active nscollector.service")));
        Assert.Equal("640 nscollector nscollector", guest.Run($"stat -c '%a %U %G' {Unit.MetricsPath}"));
        // It sends its status again after the reload.
        Assert.Matches(@"^1 containers?, [1-9][0-9]* cycles", guest.Run("systemctl show -P StatusText nscollector.service"));
        Assert.Contains("Status: \"1 container", guest.Run("systemctl status --no-pager nscollector.service"), StringComparison.Ordinal);
        AssertWholeAfterStop();
    }

    [GuestFact]
    public void Reload_is_complete_when_systemctl_returns_with_notify_reload()
    {
        using var unit = new UnitDropIn(guest, "Type=notify-reload\nExecReload=");
        using var agent = new InstalledAgent(guest, CollectedLines.Configuration);
        AwaitLines();
        bool waits = guest.SystemdVersion >= 253;
        Assert.Equal(waits ? "notify-reload" : "notify", guest.Run("systemctl show -P Type nscollector.service"));
        if (!waits)
            return;

        // The agent is done before systemd reports so. The journal may still receive systemd's message first, because it comes by another
        // socket. Without waiting, systemd's message would always be first.
        bool isInOrder = false;
        for (int tries = 0; tries < 3 && !isInOrder; tries++)
        {
            string cursor = JournalEntry.Cursor(guest);
            guest.Run("systemctl reload nscollector.service");
            int done = -1, reported = -1;
            Guest.Await(
                () =>
                {
                    JournalEntry[] journal = JournalEntry.Since(guest, cursor);
                    done = Array.FindIndex(journal, entry => entry.Identifier == "nscollector" && entry.Message.Contains("Files reopened", StringComparison.Ordinal));
                    reported = Array.FindIndex(journal, entry => entry.Identifier == "systemd" && entry.Message.StartsWith("Reloaded ", StringComparison.Ordinal));
                    return done >= 0 && reported >= 0;
                },
                "the journal has both messages");
            isInOrder = reported > done;
        }

        Assert.True(isInOrder, "systemd reported three reloads before the agent did");
    }

    [GuestFact]
    public void Logrotate_loses_and_splits_no_line()
    {
        // rotate_size = 0 leaves rotation to logrotate. Its own state file is separate.
        using var agent = new InstalledAgent(guest, CollectedLines.Configuration + "[file:main]\nrotate_size = 0\n");
        const string State = "/run/logrotate-of-a-test";
        string before = Unit.MainPid(guest);
        for (int times = 0; times < 2; times++)
        {
            AwaitLines();
            guest.Run($"logrotate --force --state {State} /etc/logrotate.d/nscollector");
        }

        AwaitLines();
        Assert.Equal(before, Unit.MainPid(guest));
        Assert.Equal("640 nscollector nscollector", guest.Run($"stat -c '%a %U %G' {Unit.MetricsPath}"));
        guest.Run($"systemctl stop nscollector.service; rm {State}; test -s {Unit.MetricsPath}.1; test -s {Unit.MetricsPath}.2.gz");
        CollectedLines.AssertWhole(CollectedLines.Read(guest));
    }

    [GuestFact]
    public void Reload_rereads_a_name_that_the_host_got_after_the_start()
    {
        string before = guest.Run("uname -n"), cursor = JournalEntry.Cursor(guest);
        using var agent = new InstalledAgent(guest, CollectedLines.Configuration);
        AwaitLines();
        try
        {
            guest.Run("hostname named-by-cloud-init && systemctl reload nscollector.service");
            Guest.Await(() => agent.Points.FindLast(point => point.Measurement == "nscollector")?.Tags["host"] == "named-by-cloud-init", "a point with the new name", () => agent.Log);
            Assert.Contains(JournalEntry.OfAgentSince(guest, cursor), entry => entry.Priority == 4 && entry.Message.Contains("named-by-cloud-init", StringComparison.Ordinal));
        }
        finally
        {
            guest.Run($"hostname {before}");
        }

        // The service itself cannot change it.
        string pid = Unit.MainPid(guest);
        Assert.NotEqual(0, guest.Try($"nsenter -t {pid} -m sh -c 'echo changed > /proc/sys/kernel/hostname'").Status);
        Assert.Equal(before, guest.Run("uname -n"));
    }

    // The second cycle shows that the first is complete.
    private void AwaitLines() => Guest.Await(() => guest.Run($"grep -c '^nscollector,host=[^,]* ' {Unit.MetricsPath} 2> /dev/null || true") is not ("" or "0" or "1"), $"two cycles in {Unit.MetricsPath}");

    private void AssertWholeAfterStop()
    {
        Unit.Stop(guest);
        CollectedLines.AssertWhole(CollectedLines.Read(guest));
    }
}
