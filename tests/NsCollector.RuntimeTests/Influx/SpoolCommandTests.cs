
namespace NsCollector.RuntimeTests.Influx;

/// <summary>What waits is the operator's to see, to send by hand and to give up, beside an agent that runs.</summary>
[Collection(DeliveryCollection.Name)]
public sealed class SpoolCommandTests(InfluxServer server, Workload workload)
{
    [RequiresFact("influxd", "zcat", "curl")]
    public void Spool_file_can_be_listed_shown_and_sent_manually()
    {
        string database = server.CreateDatabase(), byHand = server.CreateDatabase();
        using var front = new FaultyFront(server.Port);
        front.Always(Fault.Answer("503 Service Unavailable"));
        using var agent = new InfluxAgent(workload, $"influx:main:url={front.Url}", $"influx:main:database={database}");
        agent.Start().Until(() => agent.SpoolFiles().Count >= 4, "files to wait");
        agent.Pause();
        List<string> files = agent.SpoolFiles();
        string listed = Spool(agent, "list", "--verify");
        foreach (string file in files)
        {
            Assert.Contains(Path.GetFileName(file), listed, StringComparison.Ordinal);
            // The same bytes by our own means and by those of every machine.
            string shown = Spool(agent, "show", Path.GetFileName(file));
            Assert.Equal(Command.Run("zcat", file), shown);
            Assert.Equal(shown.Split('\n').Length, int.Parse(Path.GetFileName(file).Split('-')[1], System.Globalization.CultureInfo.InvariantCulture));

            // As the documentation has it.
            string url = $"{server.Url}/write?precision=ns&db={Uri.EscapeDataString(byHand)}";
            Assert.Equal("204", Command.Run("sh", "-c", "zcat \"$0\" | curl -sS -o /dev/null -w '%{http_code}' --data-binary @- \"$1\"", file, url));
        }

        List<Point> waiting = agent.SpooledPoints();
        Collected.AssertStored(waiting, server.Points(byHand));
        agent.Continue();
        front.Always(Fault.None);
        agent.CatchUp().Stop();
        Collected.AssertStored(agent.Points(), server.Points(database));
        Assert.Contains("nothing waits", Spool(agent, "list"), StringComparison.Ordinal);
    }

    [RequiresFact("influxd")]
    public void Dropped_spool_file_is_counted_and_nothing_else_is_lost()
    {
        string database = server.CreateDatabase();
        using var front = new FaultyFront(server.Port);
        front.Always(Fault.Answer("503 Service Unavailable"));
        using var agent = new InfluxAgent(workload, $"influx:main:url={front.Url}", $"influx:main:database={database}");
        agent.Start().Until(() => agent.SpoolFiles().Count >= 4, "files to wait");
        agent.Pause();
        // Not the first: that one may be on its way.
        string dropped = agent.SpoolFiles()[2];
        List<Point> lost = StrictParser.ParseAll(InfluxAgent.Zcat(dropped));
        Spool(agent, "drop", Path.GetFileName(dropped));
        Assert.False(File.Exists(dropped));
        agent.Continue();
        front.Always(Fault.None);
        agent.CatchUp().Until(() => agent.Told("queued_files") <= 1, "what has no file any more to be given up");
        agent.Collect(2).Stop();
        HashSet<string> keys = [.. lost.Select(Collected.Key)];
        Collected.AssertStored([.. agent.Points().Where(point => !keys.Contains(Collected.Key(point)))], server.Points(database));
        Assert.Equal(lost.Count, agent.Told("dropped_points"));
        Assert.Contains(Path.GetFileName(dropped), agent.Log, StringComparison.Ordinal);
    }

    private static string Spool(InfluxAgent agent, params string[] words)
    {
        string[] command = AgentProgram.Words(["spool", .. words, "--set", $"spool:path={agent.Spool}"]);
        return Command.Run(command[0], command[1..]);
    }
}
