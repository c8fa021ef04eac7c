
namespace NsCollector.GuestTests.Service;

/// <summary>A full file system.</summary>
[Collection(GuestCollection.Name)]
public sealed class FullDiskTests(Guest guest)
{
    private const string Directory = "/srv/full";

    [GuestFact]
    public void Lines_rejected_by_a_full_disk_are_written_later()
    {
        guest.Run($"mkdir {Directory} && mount -t tmpfs -o size=256k,mode=0750,uid=nscollector,gid=nscollector tmpfs {Directory}");
        try
        {
            // The documented drop-in for a file sink in another directory.
            using var unit = new UnitDropIn(guest, $"ReadWritePaths={Directory}");
            string cursor = JournalEntry.Cursor(guest);
            using (var agent = new InstalledAgent(guest, $"{CollectedLines.Configuration}[file:main]\npath = {Unit.MetricsPath}\n[file:full]\npath = {Directory}/metrics.lp\n"))
            {
                Guest.Await(() => guest.Try($"[ -s {Directory}/metrics.lp ]").Status == 0, "the first lines", () => agent.Log);
                guest.Run($"until [ \"$(df --output=avail {Directory} | tail -n 1)\" -eq 0 ]; do cat /dev/zero >> {Directory}/rest 2> /dev/null || true; done");
                // Several cycles cause only one message.
                Point? stuck = null;
                Guest.Await(() => (stuck = agent.Points.FindLast(OfFull)) is not null && stuck.Fields.TryGetValue("retries", out object? retries) && (long)retries >= 3, "three retries", () => agent.Log);
                Assert.Equal(0, stuck!.Integer("up"));
                Assert.True(stuck.Integer("errors") >= 3 && stuck.Integer("errors_write") >= 3 && stuck.Integer("queued_bytes") > 0 && stuck.Integer("down_ns") > 0);
                Assert.Equal("active", guest.Run("systemctl is-active nscollector.service"));
                JournalEntry error = Assert.Single(JournalEntry.OfAgentSince(guest, cursor), entry => entry.Priority <= 4);
                Assert.Equal(3, error.Priority);
                Assert.Contains($"cannot write to {Directory}/metrics.lp", error.Message, StringComparison.Ordinal);

                guest.Run($"rm {Directory}/rest");
                Guest.Await(() => agent.Points.FindLast(OfFull) is Point point && point.Integer("up") == 1 && point.Integer("queued_bytes") == 0, "nothing is queued", () => agent.Log);
                Assert.Contains(JournalEntry.OfAgentSince(guest, cursor), entry => entry.Priority == 6 && entry.Message.Contains($"writing to {Directory}/metrics.lp works again", StringComparison.Ordinal));
                Unit.Stop(guest);
                List<Point> refused = CollectedLines.Read(guest, $"{Directory}/metrics.lp"), taken = CollectedLines.Read(guest);
                CollectedLines.AssertWhole(refused);
                Assert.Equal(taken.Count, refused.Count);
            }
        }
        finally
        {
            guest.Run($"umount {Directory} && rmdir {Directory}");
        }

        static bool OfFull(Point point) => point.Measurement == "nscollector" && point.Tags.GetValueOrDefault("sink") == "file:full";
    }
}
