using NsCollector.Sample.Oom;
using static NsCollector.Tests.Sample.Oom.KernelLogLines;

namespace NsCollector.Tests.Sample.Oom;

public sealed class OomLineParserTests
{
    private const string Memcg = "CONSTRAINT_MEMCG";

    private readonly KernelLogLines _log = new();

    [Fact]
    public void Parse_kill_at_the_limit_of_a_cgroup()
    {
        _log.Add("stress invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=872", priority: 4)
            .Add("memory: usage 51200kB, limit 51200kB, failcnt 22")
            .Add(Kill(Memcg, "oom_memcg=/kubepods", "/kubepods/pod1/c1", "stress", 68061))
            .Add(Killed("stress", 68061, adj: 872), priority: 3)
            .Add("oom_reaper: reaped process 68061 (stress), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB");
        OomVictim victim = Assert.Single(_log.Victims);
        Assert.Equal((68061, "stress", (50000L + 1000 + 24) * 1024, 872), (victim.Pid, victim.Name, victim.RssBytes, victim.OomScoreAdj));
        Assert.Equal(("/kubepods/pod1/c1", OomConstraint.Cgroup, "/kubepods"), (victim.Cgroup, victim.Constraint, victim.LimitedCgroup));
        Assert.Equal(_log.NowNs, victim.SeenNs);
    }

    [Theory]
    [InlineData("CONSTRAINT_NONE", "Out of memory", OomConstraint.Host)]
    [InlineData("CONSTRAINT_NONE", "Out of memory (oom_kill_allocating_task)", OomConstraint.Host)]
    [InlineData("CONSTRAINT_CPUSET", "Out of memory", OomConstraint.Cpuset)]
    [InlineData("CONSTRAINT_MEMORY_POLICY", "Out of memory", OomConstraint.MemoryPolicy)]
    [InlineData("CONSTRAINT_BPF", "Out of memory", OomConstraint.Unknown)]
    public void Parse_kill_without_a_limited_cgroup(string word, string message, object expected)
    {
        _log.Add(Kill(word, "global_oom", "/docker/a", "java", 5)).Add(Killed("java", 5, message, -1000));
        Assert.Equal(((OomConstraint)expected, "/docker/a", (string?)null, (int?)-1000), (_log.Last.Constraint, _log.Last.Cgroup!, _log.Last.LimitedCgroup, _log.Last.OomScoreAdj));
    }

    [Theory]
    [InlineData("a,pid=1 (x)")]
    [InlineData("),pid=7,uid=0")]
    [InlineData("a,task=b")]
    [InlineData(",task_memcg=/b")]
    [InlineData(",oom_memcg=/b")]
    [InlineData(",global_oom,tas")]
    [InlineData(") total-vm:1kB")]
    [InlineData("a\nb\\x0ac")]
    [InlineData("é é é")]
    [InlineData("")]
    public void Parse_hostile_name_is_reported_as_it_is(string name)
    {
        _log.Add(Kill(Memcg, "oom_memcg=/docker/a", "/docker/a/inner", name, 77)).Add(Killed(name, 77));
        Assert.Equal((77, name, "/docker/a/inner", "/docker/a"), (_log.Last.Pid, _log.Last.Name, _log.Last.Cgroup, _log.Last.LimitedCgroup));
    }

    /// <summary>A container with cgroups of its own chooses all that follows /docker/a, and the name of the cpuset.</summary>
    [Fact]
    public void Parse_hostile_cgroup_never_names_another_container()
    {
        string[] pieces =
        [
            "/x", "/docker", "/b", ",task_memcg=", ",oom_memcg=", ",global_oom", ",task=", ",pid=5", ",uid=0", "y", ",mems_allowed=0", "/",
        ];
        var random = new Random(1);
        int named = 0;
        for (int round = 0; round < 20_000; round++)
        {
            string limited = "/docker/a" + Below(), task = limited + Below();
            if (random.Next(3) == 0) (limited, task) = ("/docker", "/docker/a" + Below());
            string cpuset = string.Concat(Pieces().Where(piece => !piece.Contains('/', StringComparison.Ordinal)));
            string name = string.Concat(Pieces());
            name = name[..Math.Min(name.Length, 15)];
            bool isGlobal = random.Next(4) == 0;
            string context = isGlobal ? "global_oom" : "oom_memcg=" + limited;
            _log.Add($"oom-kill:constraint={(isGlobal ? "CONSTRAINT_NONE" : Memcg)},nodemask=(null),cpuset={cpuset},mems_allowed=0,{context},task_memcg={task},task={name},pid=5,uid=0")
                .Add(Killed(name, 5));
            OomVictim victim = _log.Last;
            Assert.Equal(name, victim.Name);
            if (victim.Cgroup is null) continue;
            named++;
            Assert.StartsWith("/docker/a", victim.Cgroup, StringComparison.Ordinal);
            Assert.True(victim.Cgroup.Length == 9 || victim.Cgroup[9] == '/', victim.Cgroup);
            Assert.Equal(isGlobal ? OomConstraint.Host : OomConstraint.Cgroup, victim.Constraint);
            if (isGlobal) Assert.Null(victim.LimitedCgroup);
            else Assert.StartsWith(limited == "/docker" ? "/docker" : "/docker/a", victim.LimitedCgroup, StringComparison.Ordinal);
            if (limited == "/docker" && !isGlobal) Assert.Equal(("/docker", task), (victim.LimitedCgroup, victim.Cgroup));
        }

        Assert.InRange(named, 15_000, 20_000);

        // Each name begins with a slash.
        string Below() => string.Concat(Pieces().SkipWhile(piece => piece[0] != '/'));
        IEnumerable<string> Pieces() => Enumerable.Range(0, random.Next(6)).Select(_ => pieces[random.Next(pieces.Length)]);
    }

    [Fact]
    public void Parse_record_of_a_process_is_ignored()
    {
        _log.Add(Kill(Memcg, "oom_memcg=/docker/b", "/docker/b", "x", 5), priority: 12).Add(Killed("x", 5), priority: 11);
        Assert.Empty(_log.Victims);

        // Nor does one come between the two lines of the kernel.
        _log.Add(Kill(Memcg, "oom_memcg=/docker/a", "/docker/a", "x", 5))
            .Add(Kill(Memcg, "oom_memcg=/docker/b", "/docker/b", "x", 5), priority: 12)
            .Add(Killed("x", 5));
        Assert.Equal("/docker/a", Assert.Single(_log.Victims).Cgroup);
    }

    [Fact]
    public void Parse_kill_whose_summary_was_suppressed_has_no_cgroup()
    {
        _log.Add(Kill(Memcg, "oom_memcg=/docker/a", "/docker/a", "x", 5)).Add(Killed("x", 5)).Add(Killed("y", 6));
        Assert.Equal(["/docker/a", null], _log.Victims.Select(victim => victim.Cgroup));
        Assert.Equal((6, "y", OomConstraint.Unknown, null), (_log.Last.Pid, _log.Last.Name, _log.Last.Constraint, _log.Last.LimitedCgroup));

        // A summary that is about another process: Linux 5.0 killed a child instead.
        _log.Add(Kill(Memcg, "oom_memcg=/docker/a", "/docker/a", "parent", 7)).Add(Killed("child", 8));
        Assert.Null(_log.Last.Cgroup);
        _log.Add(Kill(Memcg, "oom_memcg=/docker/a", "/docker/a", "before", 9)).Add(Killed("after", 9));
        Assert.Null(_log.Last.Cgroup);
    }

    [Fact]
    public void Parse_group_kill_gives_every_victim_its_cgroup()
    {
        AddGroup("/kubepods/pod1", 10, 11);
        Assert.Equal([10, 10, 11], _log.Victims.Select(victim => victim.Pid));
        Assert.Equal(["/kubepods/pod1/c", "/kubepods/pod1", "/kubepods/pod1"], _log.Victims.Select(victim => victim.Cgroup));
        Assert.All(_log.Victims, victim => Assert.Equal((OomConstraint.Cgroup, "/kubepods"), (victim.Constraint, victim.LimitedCgroup)));

        // The next lack of memory is none of the group's.
        _log.Add(Kill(Memcg, "oom_memcg=/docker/a", "/docker/a", "x", 5)).Add(Killed("x", 5));
        Assert.Equal("/docker/a", _log.Last.Cgroup);
    }

    [Fact]
    public void Parse_group_kill_while_lines_may_be_suppressed_has_no_cgroup()
    {
        for (int i = 0; i < 9; i++) _log.Add(Kill(Memcg, "oom_memcg=/docker/a", "/docker/a", "x", 5)).Add(Killed("x", 5));
        AddGroup("/kubepods/pod1", 10, 11);
        Assert.Equal(["/kubepods/pod1/c", null, null], _log.Victims[^3..].Select(victim => victim.Cgroup));

        _log.TimeUs += 10_000_000;
        AddGroup("/kubepods/pod2", 20, 21);
        Assert.Equal(["/kubepods/pod2/c", "/kubepods/pod2", "/kubepods/pod2"], _log.Victims[^3..].Select(victim => victim.Cgroup));

        // What was logged before is not known.
        _log.Parser.Restart(_log.NowNs);
        AddGroup("/kubepods/pod3", 30, 31);
        Assert.Equal(["/kubepods/pod3/c", null, null], _log.Victims[^3..].Select(victim => victim.Cgroup));
    }

    [Theory]
    [InlineData("")]
    [InlineData(",caller=T99")]
    public void Parse_line_in_pieces_is_joined(string caller)
    {
        string kill = Kill(Memcg, "oom_memcg=/docker/a", "/docker/a", "x", 5);
        _log.Add(kill[..40], "-" + caller).Add(kill[40..70], "c" + caller).Add(kill[70..], "c" + caller).Add(Killed("x", 5), "-" + caller);
        Assert.Equal("/docker/a", _log.Last.Cgroup);
    }

    [Fact]
    public void Parse_piece_of_another_line_is_not_joined()
    {
        string kill = Kill(Memcg, "oom_memcg=/docker/a", "/docker/a", "x", 5);

        // Without the caller, only the very next record is known to belong to it.
        _log.Add(kill[..70]).Add("other").Add(kill[70..], "c").Add(Killed("x", 5));
        Assert.Null(_log.Last.Cgroup);
        _log.Add(kill[..70]).Add(kill[70..], "c", skipped: 1).Add(Killed("x", 5));
        Assert.Null(_log.Last.Cgroup);

        _log.Add(kill[..70], "-,caller=T1").Add("other", "-,caller=T2").Add("tail", "c,caller=T2").Add(kill[70..], "c,caller=T1").Add(Killed("x", 5), "-,caller=T1");
        Assert.Equal("/docker/a", _log.Last.Cgroup);

        // A continuation is never the beginning of a line: it can be the name of a cgroup.
        int before = _log.Victims.Count;
        _log.Add(kill, "c").Add(Killed("x", 5), "c");
        Assert.Equal(before, _log.Victims.Count);
    }

    [Theory]
    [InlineData("Memory cgroup out of memory: Killed process 5 (x) total-vm:1kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB", 4096L, null)]
    [InlineData("Memory cgroup out of memory: Killed process 5 (x) total-vm:1kB, anon-rss:4kB, shmem-rss:0kB oom_score_adj:-998", null, -998)]
    [InlineData("Memory cgroup out of memory: Killed process 5 (x) total-vm:1kB, anon-rss:99999999999999999999kB, file-rss:0kB, shmem-rss:0kB", null, null)]
    [InlineData("Memory cgroup out of memory: Killed process 5 (x) total-vm:1kB, anon-rss:-4kB, file-rss:0kB, shmem-rss:0kB oom_score_adj:x", null, null)]
    public void Parse_value_that_is_missing_or_impossible_is_absent(string line, long? rss, int? adj)
    {
        _log.Add(line);
        Assert.Equal((rss, adj), (_log.Last.RssBytes, _log.Last.OomScoreAdj));
    }

    [Theory]
    [InlineData("Memory cgroup out of memory: Kill process 5 (x) score 900 or sacrifice child")]
    [InlineData("Memory cgroup out of memory: Killed process x (x) total-vm:1kB")]
    [InlineData("Memory cgroup out of memory: Killed process 5 (x)")]
    [InlineData("Memory cgroup out of memory: Killed process -5 (x) total-vm:1kB")]
    [InlineData("Memory cgroup out of memory: Killed process 99999999999 (x) total-vm:1kB")]
    [InlineData("x Memory cgroup out of memory: Killed process 5 (x) total-vm:1kB")]
    [InlineData("oom_reaper: reaped process 5 (x), now anon-rss:0kB")]
    public void Parse_other_line_is_no_victim(string line)
    {
        _log.Add(line);
        Assert.Empty(_log.Victims);
    }

    private void AddGroup(string group, int first, int second) =>
        _log.Add(Kill(Memcg, "oom_memcg=/kubepods", group + "/c", "first", first)).Add(Killed("first", first))
            .Add($"Tasks in {group} are going to be killed due to memory.oom.group set")
            .Add(Killed("first", first)).Add(Killed("second", second));
}
