using NsCollector.GuestTests.Values;

namespace NsCollector.GuestTests.Service;

/// <summary>Docker's socket. Write access to it is equal to root, so the service has none unless a drop-in grants it.</summary>
[Collection(GuestCollection.Name)]
public sealed class DockerSocketTests(Guest guest)
{
    [GuestFact]
    [Trait("Selection", "Whole")]
    public void Names_are_right_without_the_socket_and_follow_renames_with_it()
    {
        bool ran = guest.Try("systemctl is-active --quiet docker.service").Status == 0;
        guest.Run("systemctl start docker.service");
        try
        {
            WorkloadImage.Import(guest, "docker");
            string id = guest.Run($"docker run -d --name before.the_rename {WorkloadImage.Name} /bin/sleep 3600");
            Assert.Equal("660 root docker", guest.Run("stat -c '%a %U %G' /run/docker.sock"));

            string cursor = JournalEntry.Cursor(guest);
            using (var agent = new InstalledAgent(guest))
            {
                Assert.Equal("before.the_rename", Info(agent, guest.NowNs).Container);
                // By then the agent has tried the socket.
                Guest.Await(() => Of("docker.sock").Length > 0, "the message about the socket", () => agent.Log);
                Info(agent, guest.NowNs + 3_000_000_000);
                JournalEntry only = Assert.Single(Of("docker.sock"));
                Assert.Equal(6, only.Priority);
                Assert.Contains("group docker", only.Message, StringComparison.Ordinal);
                Assert.DoesNotContain(JournalEntry.OfAgentSince(guest, cursor), entry => entry.Priority < 6);
            }

            using var unit = new UnitDropIn(guest, "SupplementaryGroups=docker");
            using (var agent = new InstalledAgent(guest))
            {
                Assert.Equal("before.the_rename", Info(agent, guest.NowNs).Container);
                guest.Run("docker rename before.the_rename after.the_rename");
                // Without the socket it could take up to a minute.
                Guest.Await(() => Info(agent, guest.NowNs).Container == "after.the_rename", "the new name", () => agent.Log, TimeSpan.FromSeconds(20));
            }

            JournalEntry[] Of(string part) => [.. JournalEntry.OfAgentSince(guest, cursor).Where(entry => entry.Message.Contains(part, StringComparison.Ordinal))];
            Point Info(InstalledAgent agent, long afterNs) => agent.AwaitSample(id, afterNs).Of("container_info");
        }
        finally
        {
            guest.Run("docker rm -f before.the_rename after.the_rename 2> /dev/null || true");
            if (!ran)
                guest.Run("systemctl stop docker.service; systemctl stop containerd.service; systemctl start docker.socket");
        }
    }
}
