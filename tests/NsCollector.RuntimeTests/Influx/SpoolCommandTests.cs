
namespace NsCollector.RuntimeTests.Influx;

/// <summary>An operator can see waiting files, send them manually and drop them while the agent runs.</summary>
[Collection(DeliveryCollection.Name)]
public sealed class SpoolCommandTests(InfluxServer server, Workload workload)
{
    [RequiresFact("influxd", "zcat", "curl")]
    public void Spool_file_can_be_listed_shown_and_sent_manually()
    {
        string database = server.CreateDatabase(), byHand = server.CreateDatabase();
        using var proxy = new FaultProxy(server.Port);
        proxy.Always(Fault.Answer("503 Service Unavailable"));
        using var agent = new InfluxAgent(workload, $"influx:main:url={proxy.Url}", $"influx:main:database={database}");
        agent.Start().Until(() => agent.SpoolFiles().Count >= 4, "files are waiting");
        agent.Pause();
        List<string> files = agent.SpoolFiles();
        string listed = Spool(agent, "list", "--verify");
        foreach (string file in files)
        {
            Assert.Contains(Path.GetFileName(file), listed, StringComparison.Ordinal);
            // The agent's own command and zcat print the same bytes.
            string shown = Spool(agent, "show", Path.GetFileName(file));
            Assert.Equal(Command.Run("zcat", file), shown);
            Assert.Equal(shown.Split('\n').Length, int.Parse(Path.GetFileName(file).Split('-')[1], System.Globalization.CultureInfo.InvariantCulture));

            // The command of the documentation.
            string url = $"{server.Url}/write?precision=ns&db={Uri.EscapeDataString(byHand)}";
            Assert.Equal("204", Command.Run("sh", "-c", "zcat \"$0\" | curl -sS -o /dev/null -w '%{http_code}' --data-binary @- \"$1\"", file, url));
        }

        List<Point> waiting = agent.SpooledPoints();
        PointComparison.AssertStored(waiting, server.Points(byHand));
        agent.Continue();
        proxy.Always(Fault.None);
        agent.CatchUp().Stop();
        PointComparison.AssertStored(agent.Points(), server.Points(database));
        Assert.Contains("the spool is empty", Spool(agent, "list"), StringComparison.Ordinal);
    }

    [RequiresFact("influxd")]
    public void Dropped_spool_file_is_counted_and_nothing_else_is_lost()
    {
        string database = server.CreateDatabase();
        using var proxy = new FaultProxy(server.Port);
        proxy.Always(Fault.Answer("503 Service Unavailable"));
        using var agent = new InfluxAgent(workload, $"influx:main:url={proxy.Url}", $"influx:main:database={database}");
        agent.Start().Until(() => agent.SpoolFiles().Count >= 4, "files are waiting");
        agent.Pause();
        // Not the first file: it may be in flight.
        string dropped = agent.SpoolFiles()[2];
        List<Point> lost = StrictParser.ParseAll(InfluxAgent.Zcat(dropped));
        Spool(agent, "drop", Path.GetFileName(dropped));
        Assert.False(File.Exists(dropped));
        agent.Continue();
        proxy.Always(Fault.None);
        agent.CatchUp().Until(() => agent.SinkField("queued_files") <= 1, "the missing files are dropped");
        agent.Collect(2).Stop();
        HashSet<string> keys = [.. lost.Select(PointComparison.Key)];
        PointComparison.AssertStored([.. agent.Points().Where(point => !keys.Contains(PointComparison.Key(point)))], server.Points(database));
        Assert.Equal(lost.Count, agent.SinkField("dropped_points"));
        Assert.Contains(Path.GetFileName(dropped), agent.Log, StringComparison.Ordinal);
    }

    private static string Spool(InfluxAgent agent, params string[] words)
    {
        string[] command = AgentProgram.Words(["spool", .. words, "--set", $"spool:path={agent.Spool}"]);
        return Command.Run(command[0], command[1..]);
    }
}
