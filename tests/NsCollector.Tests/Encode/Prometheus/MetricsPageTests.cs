using System.Collections.Immutable;
using System.Text;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Encode.Prometheus;
using NsCollector.Sample;
using NsCollector.Sample.Latest;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Encode.Prometheus;

public sealed class MetricsPageTests
{
    private const long At = 1_700_000_000_123_456_789;

    private readonly LatestSamples _samples = new(["main"], TimeSpan.FromMinutes(5));
    private long _nextKey = 1;

    [Fact]
    public void Page_has_the_names_labels_and_units_of_cAdvisor()
    {
        ContainerSample sample = NewSample();
        sample.Scalars.Set(Reading.CpuUsageNs, 2_260_804_284);
        sample.Scalars.Set(Reading.CpuThrottledNs, 8_797_241_401);
        sample.Scalars.SetDouble(Reading.CpuLimitCores, 0.25);
        sample.Scalars.Set(Reading.MemoryUsageBytes, 52_862_976);
        Row disk = sample.Devices.Add("vda"u8);
        disk.Number = (254UL << 32) | 3;
        disk.Readings.Set(Reading.BlkioWriteBytes, 20_971_520);
        sample.Interfaces.Add("eth0"u8).Readings.Set(Reading.NetworkRxBytes, 21_029_636);
        sample.Pressure.Add("io"u8).Readings.Set(Reading.PressureSomeTotalUs, 13_410);

        string[] lines = Page(PageFormat.Text, (NewContainer("web"), sample));

        const string Labels = "id=\"/docker/web\",image=\"busybox\",name=\"web\"";
        Assert.Contains($"container_cpu_usage_seconds_total{{{Labels},cpu=\"total\"}} 2.260804284", lines);
        Assert.Contains($"container_cpu_cfs_throttled_seconds_total{{{Labels}}} 8.797241401", lines);
        Assert.Contains($"container_memory_usage_bytes{{{Labels}}} 52862976", lines);
        Assert.Contains($"container_fs_writes_bytes_total{{{Labels},device=\"/dev/vda\"}} 20971520", lines);
        Assert.Contains($"container_blkio_device_usage_total{{{Labels},operation=\"Write\",device=\"/dev/vda\",major=\"254\",minor=\"3\"}} 20971520", lines);
        Assert.Contains($"container_network_receive_bytes_total{{{Labels},interface=\"eth0\"}} 21029636", lines);
        Assert.Contains($"container_pressure_io_waiting_seconds_total{{{Labels}}} 0.01341", lines);
        Assert.Contains($"container_spec_memory_limit_bytes{{{Labels}}} 0", lines);
        Assert.Contains($"container_last_seen{{{Labels}}} 1700000000", lines);
        Assert.Contains("# TYPE container_cpu_usage_seconds_total counter", lines);
        Assert.Contains("# TYPE container_memory_usage_bytes gauge", lines);
    }

    [Fact]
    public void Page_has_host_interface_and_queueing_disciplines()
    {
        ContainerSample sample = NewSample();
        Row eth0 = sample.Interfaces.Add("eth0"u8), other = sample.Interfaces.Add("eth1"u8);
        eth0.Readings.Set(Reading.NetworkRxBytes, 1);
        other.Readings.Set(Reading.NetworkRxBytes, 2);
        eth0.SetTexts(["veth1a2b3c"u8.ToArray()]);
        Row qdisc = sample.Qdiscs.Add("eth0"u8);
        qdisc.SetMoreKeys(["host"u8.ToArray(), "tbf"u8.ToArray(), "root"u8.ToArray()]);
        qdisc.Readings.Set(Reading.QdiscDrops, 17);
        qdisc.Readings.Set(Reading.QdiscBacklogBytes, 2500);
        sample.QdiscsPublished = true;

        string[] lines = Page(PageFormat.Text, (NewContainer("web"), sample));

        const string Labels = "id=\"/docker/web\",image=\"busybox\",name=\"web\",interface=\"eth0\"";
        Assert.Equal($"container_network_host_interface_info{{{Labels},host_interface=\"veth1a2b3c\"}} 1", Assert.Single(lines, line => line.StartsWith("container_network_host_interface_info", StringComparison.Ordinal)));
        Assert.Contains("# TYPE container_network_host_interface_info gauge", lines);
        Assert.Contains($"container_qdisc_drops_total{{{Labels},side=\"host\",kind=\"tbf\",parent=\"root\"}} 17", lines);
        Assert.Contains($"container_qdisc_backlog_bytes{{{Labels},side=\"host\",kind=\"tbf\",parent=\"root\"}} 2500", lines);
    }

    [Fact]
    public void Page_leaves_out_what_is_absent()
    {
        ContainerSample sample = NewSample();
        sample.Scalars.Set(Reading.CpuNrPeriods, 5);

        string[] lines = Page(PageFormat.Text, (NewContainer("web"), sample));

        // Without a quota, as cAdvisor does.
        Assert.DoesNotContain(lines, line => line.Contains("container_cpu_cfs_periods_total", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains("container_memory_rss", StringComparison.Ordinal));
    }

    [Fact]
    public void Page_of_a_container_that_has_exited_ends_at_once()
    {
        Container gone = NewContainer("gone"), stays = NewContainer("stays");
        Cycle((gone, NewSample()), (stays, NewSample()));
        _samples.AcceptExit(gone, new NsCollector.Sample.Events.ExitSample());

        string[] lines = Page(PageFormat.Text);

        Assert.DoesNotContain(lines, line => line.Contains("gone", StringComparison.Ordinal) && !line.StartsWith("container_exit_", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("container_last_seen", StringComparison.Ordinal) && line.Contains("stays", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("a\"} 1\nevil 2", "a\\\"} 1\\nevil 2")]
    [InlineData("back\\slash", "back\\\\slash")]
    [InlineData("bell\u0007\r\u2028é", "bell\uFFFD\uFFFD\u2028é")]
    public void Hostile_name_stays_inside_its_label(string name, string escaped)
    {
        string[] lines = Page(PageFormat.Text, (NewContainer(name), NewSample()));

        Assert.Single(lines, line => line.StartsWith("container_last_seen{", StringComparison.Ordinal) && line.Contains($",name=\"{escaped}\"", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.StartsWith("evil", StringComparison.Ordinal));
    }

    [Fact]
    public void Hostile_interface_and_bytes_that_are_not_UTF8_stay_inside_their_label()
    {
        ContainerSample sample = NewSample();
        sample.Interfaces.Add([(byte)'e', 0xFF, (byte)'"', (byte)'\n']).Readings.Set(Reading.NetworkRxBytes, 1);

        Assert.Contains(Page(PageFormat.Text, (NewContainer("web"), sample)), line => line.EndsWith(",interface=\"e\uFFFD\\\"\\n\"} 1", StringComparison.Ordinal));
    }

    [Fact]
    public void Labels_whose_names_become_equal_are_given_once()
    {
        ImmutableArray<KeyValuePair<string, string>> labels = [new("a.b", "1"), new("a-b", "2"), new("é", "3")];
        string line = Page(PageFormat.Text, (NewContainer("web", labels), NewSample())).Single(line => line.StartsWith("container_last_seen{", StringComparison.Ordinal));

        Assert.Contains(",container_label_a_b=\"1\"", line, StringComparison.Ordinal);
        Assert.DoesNotContain("\"2\"", line, StringComparison.Ordinal);
        Assert.Contains(",container_label__=\"3\"", line, StringComparison.Ordinal);
    }

    [Fact]
    public void OpenMetrics_names_a_counters_family_without_total()
    {
        ContainerSample sample = NewSample();
        sample.Scalars.Set(Reading.CpuUserNs, 1);
        sample.Scalars.Set(Reading.MemoryFailcnt, 1);

        string[] lines = Page(PageFormat.OpenMetrics, (NewContainer("web"), sample));

        Assert.Contains("# TYPE container_cpu_user_seconds counter", lines);
        Assert.Contains(lines, line => line.StartsWith("container_cpu_user_seconds_total{", StringComparison.Ordinal));
        Assert.Contains("# TYPE container_memory_failcnt unknown", lines);
        Assert.Equal("# EOF", lines[^1]);
    }

    [Fact]
    public void Sample_of_a_cycle_without_protocols_keeps_the_last_ones()
    {
        Container container = NewContainer("web");
        ContainerSample sample = NewSample();
        sample.Interfaces.Add("eth0"u8).Readings.Set(Reading.NetworkRxBytes, 1);
        sample.Protocols.Set(Reading.TcpCurrEstab, 7);
        Cycle((container, sample));
        sample.Protocols.Clear();

        Assert.Contains(Page(PageFormat.Text, (container, sample)), line => line.StartsWith("container_network_advance_tcp_stats_total{", StringComparison.Ordinal) && line.EndsWith("tcp_state=\"currestab\"} 7", StringComparison.Ordinal));
    }

    [Fact]
    public void Slow_page_keeps_its_cycle_and_others_get_the_newest()
    {
        Container container = NewContainer("web");
        ContainerSample sample = NewSample();
        sample.Scalars.Set(Reading.PidsCurrent, 1);
        Cycle((container, sample));
        LatestCycle slow = _samples.Acquire();
        for (int i = 2; i < 8; i++)
        {
            sample.Scalars.Set(Reading.PidsCurrent, i);
            Cycle((container, sample));
            LatestCycle newest = _samples.Acquire();
            Assert.Equal(i, newest.SampleOf(newest.Containers[0])!.Scalars[Reading.PidsCurrent]);
            _samples.Release(newest);
            Assert.Equal(1, slow.SampleOf(slow.Containers[0])!.Scalars[Reading.PidsCurrent]);
        }

        _samples.Release(slow);
    }

    [Fact]
    public void Cycle_that_cannot_be_published_is_not_complete()
    {
        Container container = NewContainer("web");
        Cycle((container, NewSample()));
        LatestCycle first = _samples.Acquire();
        Cycle((container, NewSample()));
        LatestCycle second = _samples.Acquire();
        long completed = _samples.CompletedMonotonicNs;
        Cycle((container, NewSample()));
        Assert.Equal(completed, _samples.CompletedMonotonicNs);
        _samples.Release(first);
        Cycle((container, NewSample()));
        Assert.NotEqual(completed, _samples.CompletedMonotonicNs);
        Assert.Equal(second.Cycle + 2, _samples.Acquire().Cycle);
    }

    [Fact]
    public void Container_whose_cgroup_has_a_new_process_is_back_on_the_page()
    {
        Container container = NewContainer("again");
        Cycle((container, NewSample()));
        _samples.AcceptExit(container, new NsCollector.Sample.Events.ExitSample());
        Assert.DoesNotContain(Page(PageFormat.Text), IsSeen);
        Assert.Contains(Page(PageFormat.Text, (container, NewSample())), IsSeen);

        static bool IsSeen(string line) => line.StartsWith("container_last_seen{", StringComparison.Ordinal) && line.Contains("again", StringComparison.Ordinal);
    }

    [Fact]
    public void Host_and_counts_by_state_come_one_without_the_other_and_both_stay()
    {
        Container container = NewContainer("web");
        var host = new NsCollector.Sample.HostMetrics.HostSample { TimestampNs = At };
        host.Memory.Set(Reading.HostMemoryTotalBytes, 1024);
        var states = new NsCollector.Sample.HostMetrics.HostSample { TimestampNs = At };
        Row row = states.ContainerStates.Add("docker"u8);
        row.SetMoreKeys(["exited"u8.ToArray()]);
        row.Readings.Set(Reading.StateContainers, 3);
        _samples.AcceptHost(host);
        _samples.AcceptHost(states);
        Cycle((container, NewSample()));
        _samples.AcceptHost(host);

        for (int i = 0; i < 3; i++)
        {
            string[] lines = Page(PageFormat.Text, (container, NewSample()));
            Assert.Contains("machine_memory_bytes 1024", lines);
            Assert.Contains("container_state_containers{runtime=\"docker\",state=\"exited\"} 3", lines);
        }
    }

    [Fact]
    public void No_name_ends_as_those_of_histograms()
    {
        var complete = new PageOptions { HasLimits = true, HasMemoryDetail = true, HasTimestamps = true };
        string[] names = [.. new[] { complete, complete with { HasNodeNames = true } }.SelectMany(options => PageForm.Complete(options).Families).Select(family => family.Name)];
        Assert.Contains("container_limits_cpuset_cpus", names);
        Assert.DoesNotContain(names, name => name.EndsWith("_count", StringComparison.Ordinal) || name.EndsWith("_sum", StringComparison.Ordinal) || name.EndsWith("_bucket", StringComparison.Ordinal));
    }

    [Fact]
    public void Page_of_many_containers_comes_in_pieces_of_whole_lines()
    {
        ImmutableArray<KeyValuePair<string, string>> labels = [.. Enumerable.Range(0, 20).Select(i => new KeyValuePair<string, string>("label" + i, new string('x', 900)))];
        (Container, ContainerSample)[] many = [.. Enumerable.Range(0, 200).Select(i => (NewContainer("c" + i, labels), NewSample()))];
        Cycle(many);
        var page = new MetricsPage(PageForm.Complete(new PageOptions { HasTimestamps = true }));
        page.Begin(_samples.Acquire(), PageFormat.Text);
        int pieces = 0, seen = 0;
        while (page.Next() is { Length: > 0 } piece)
        {
            pieces++;
            Assert.Equal((byte)'\n', piece.Span[^1]);
            seen += Encoding.UTF8.GetString(piece.Span).Split('\n').Count(line => line.StartsWith("container_last_seen{", StringComparison.Ordinal) && line.EndsWith("} 1700000000 1700000000123", StringComparison.Ordinal));
        }

        Assert.True(pieces > 10);
        Assert.Equal(200, seen);
    }

    [Fact]
    public void Second_page_allocates_nothing()
    {
        ContainerSample sample = NewSample();
        sample.Scalars.Set(Reading.CpuUsageNs, 2_260_804_284);
        sample.Interfaces.Add("eth0"u8).Readings.Set(Reading.NetworkRxBytes, 1);
        (Container, ContainerSample)[] many = [.. Enumerable.Range(0, 50).Select(i => (NewContainer("c" + i), sample))];
        Cycle(many);
        var page = new MetricsPage(PageForm.Complete(new PageOptions()));
        LatestCycle cycle = _samples.Acquire();
        Write();
        Assert.Equal(0, Allocated.LeastOf(Write));

        void Write()
        {
            page.Begin(cycle, PageFormat.Text);
            while (page.Next().Length > 0)
            {
            }
        }
    }

    [Fact]
    public void Families_have_legal_names_and_one_type_each()
    {
        ImmutableArray<PageFamily> families = PageFamily.Of(new PageOptions { HasNodeNames = true, HasLimits = true, HasMemoryDetail = true });
        foreach (ImmutableArray<PageFamily> some in (ImmutableArray<PageFamily>[])[PageFamily.All, families])
        {
            Assert.All(some, family => Assert.Matches("^[a-z][a-zA-Z0-9_]*$", family.Name));
            Assert.Equal(some.Length, some.Select(family => family.Name).Distinct().Count());
        }
    }

    [Fact]
    public void Host_has_the_names_labels_and_units_of_node_exporter()
    {
        var host = new NsCollector.Sample.HostMetrics.HostSample { TimestampNs = At };
        host.Cpu.Set(Reading.HostCpuUserNs, 7_500_000_000);
        host.Cpu.Set(Reading.HostCpuForks, 9);
        host.Processors.Add("3"u8).Readings.Set(Reading.HostCpuIdleNs, 2_500_000_000);
        host.Memory.Set(Reading.HostMemoryTotalBytes, 4096);
        host.Memory.Set(Reading.HostMemoryActiveAnonBytes, 1024);
        host.Vmstat.Set(Reading.HostVmPgpginBytes, 10_240);
        host.Load.SetDouble(Reading.HostLoad1, 0.25);
        host.Pressure.Add("io"u8).Readings.Set(Reading.PressureFullTotalUs, 13_410);
        host.Disks.Add("vda"u8).Readings.Set(Reading.HostDiskDiscardBytes, 1024);
        Row mount = host.Filesystems.Add("/\""u8);
        mount.SetMoreKeys(["/dev/vda"u8.ToArray(), "ext4"u8.ToArray()]);
        mount.Readings.Set(Reading.HostFilesystemSizeBytes, 100);
        mount.Readings.Set(Reading.HostFilesystemUsedBytes, 30);
        host.Interfaces.Add("eth0"u8).Readings.Set(Reading.NetworkCollisions, 5);
        host.Conntrack.Set(Reading.ConntrackMax, 65_536);
        _samples.AcceptHost(host);
        Cycle((NewContainer("web"), NewSample()));
        var page = new MetricsPage(PageForm.Complete(new PageOptions { HasNodeNames = true }));
        page.Begin(_samples.Acquire(), PageFormat.Text);
        string[] lines = Encoding.UTF8.GetString(page.Next().Span).Split('\n');

        foreach (string line in (string[])
            [
                "node_time_seconds 1700000000", "node_forks_total 9", "host_cpu_user_seconds_total 7.5", "node_cpu_seconds_total{mode=\"idle\",cpu=\"3\"} 2.5",
                "node_memory_MemTotal_bytes 4096", "machine_memory_bytes 4096", "node_memory_Active_anon_bytes 1024", "# TYPE node_vmstat_pgpgin untyped",
                "node_vmstat_pgpgin 10", "node_load1 0.25", "node_pressure_io_stalled_seconds_total 0.01341", "node_disk_discarded_sectors_total{device=\"vda\"} 2",
                "node_filesystem_free_bytes{mountpoint=\"/\\\"\",device=\"/dev/vda\",fstype=\"ext4\"} 70", "node_network_transmit_colls_total{device=\"eth0\"} 5",
                "node_nf_conntrack_entries_limit 65536",
            ])
        {
            Assert.Contains(line, lines);
        }

        Assert.DoesNotContain(lines, line => line.StartsWith("host_memory_", StringComparison.Ordinal) || line.StartsWith("host_cpu_forks", StringComparison.Ordinal));
        Assert.DoesNotContain(PageFamily.All, family => family.Name.StartsWith("node_", StringComparison.Ordinal));
    }

    [Fact]
    public void Series_of_vmstat_have_the_type_that_node_exporter_gives_them()
    {
        PageFamily family = PageFamily.Of(new PageOptions { HasNodeNames = true }).Single(one => one.Name == "node_vmstat_pgpgin");
        Assert.Contains("# TYPE node_vmstat_pgpgin untyped\n", Encoding.UTF8.GetString(family.Head), StringComparison.Ordinal);
        Assert.Contains("# TYPE node_vmstat_pgpgin unknown\n", Encoding.UTF8.GetString(family.OpenMetricsHead), StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_and_details_stay_on_the_page_between_two_readings_of_the_limits()
    {
        Container container = NewContainer("web");
        var options = new PageOptions { HasLimits = true, HasMemoryDetail = true };
        ContainerSample sample = NewSample();
        LimitSample limits = sample.BeginLimits();
        limits.Readings.Set(Reading.LimitsMemoryMinBytes, 4096);
        limits.Readings.Set(Reading.LimitsMemoryHighBytes, 5000);
        limits.Readings.Set(Reading.LimitsMemoryLimitBytes, 8192);
        limits.Readings.Set(Reading.LimitsRlimitNofileSoft, 1024);
        limits.Readings.Set(Reading.LimitsCpuBurstUs, 1500);
        limits.Devices.Add("vda"u8).Readings.Set(Reading.LimitsDeviceReadBps, 10);
        limits.Hugetlb.Add("2MB"u8).Readings.Set(Reading.LimitsHugetlbLimitBytes, 20);
        Detail(1);
        for (int cycle = 1; cycle <= 6; cycle++)
        {
            Cycle((container, sample));
            var page = new MetricsPage(PageForm.Complete(options));
            LatestCycle latest = _samples.Acquire();
            page.Begin(latest, PageFormat.Text);
            string[] lines = Encoding.UTF8.GetString(page.Next().Span).Split('\n');
            _samples.Release(latest);
            const string Labels = "{id=\"/docker/web\",image=\"busybox\",name=\"web\"";
            foreach (string line in (string[])
                [
                    $"container_spec_memory_reservation_limit_bytes{Labels}}} 4096", $"container_limits_memory_high_bytes{Labels}}} 5000", $"container_limits_rlimit_nofile_soft{Labels}}} 1024",
                    $"container_limits_cpu_burst_seconds{Labels}}} 0.0015", $"container_limits_read_bps_limit{Labels},device=\"vda\"}} 10",
                    $"container_limits_limit_bytes{Labels},pagesize=\"2MB\"}} 20", $"container_memory_detail_anon_bytes{Labels},node=\"0\"}} {cycle}",
                    $"container_memory_detail_misc_current{Labels},resource=\"sev\"}} {cycle}", $"container_memory_detail_events_low_total{Labels}}} {cycle}",
                ])
            {
                Assert.Contains(line, lines);
            }

            // container_spec_memory_limit_bytes is the same figure.
            Assert.DoesNotContain(lines, line => line.StartsWith("container_limits_memory_limit_bytes", StringComparison.Ordinal));
            limits.Clear();
            Detail(cycle + 1);
        }

        Assert.DoesNotContain(PageFamily.All, family => family.Name.StartsWith("container_limits_", StringComparison.Ordinal));

        void Detail(int value)
        {
            MemoryDetailSample detail = sample.BeginMemoryDetail();
            detail.Clear();
            detail.Readings.Set(Reading.MemoryDetailEventsLow, value);
            detail.Nodes.Add("0"u8).Readings.Set(Reading.MemoryNodeAnonBytes, value);
            detail.Misc.Add("sev"u8).Readings.Set(Reading.MiscCurrent, value);
        }
    }

    [Fact]
    public void Names_and_types_of_cAdvisors_default_set_are_served_or_listed()
    {
        string document = File.ReadAllText(Repository.PathOf("docs/prometheus.md"));
        Dictionary<string, PageFamily> families = PageFamily.All.ToDictionary(family => family.Name);
        foreach (string line in File.ReadLines(Repository.PathOf("tests/NsCollector.Tests/Encode/Prometheus/cadvisor-default.txt")))
        {
            string[] words = line.Split(' ');
            if (words[0] == "container_scrape_error") continue;
            if (!families.TryGetValue(words[0], out PageFamily? family)) Assert.Contains($"| `{words[0]}` |", document, StringComparison.Ordinal);
            else Assert.Contains($"# TYPE {words[0]} {words[1]}\n", Encoding.UTF8.GetString(family.Head), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Page_shows_health_shares_quota_inodes_and_creation_as_cAdvisor_does()
    {
        ContainerSample sample = NewSample();
        sample.HasCpuWeight = true;
        sample.Scalars.Set(Reading.CpuWeight, 100);
        sample.Scalars.Set(Reading.CpuQuotaUs, 25_000);
        sample.Scalars.Set(Reading.CpuPeriodUs, 100_000);
        sample.Scalars.Set(Reading.InfoHealthStatus, 2);
        sample.Scalars.Set(Reading.MemoryFailcnt, 35);
        Row root = sample.Filesystems.Add("/"u8), volume = sample.Filesystems.Add("/data"u8);
        root.Readings.Set(Reading.DiskFilesystemInodes, 393_216);
        root.Readings.Set(Reading.DiskFilesystemUsedInodes, 9_826);
        volume.Readings.Set(Reading.DiskUsedBytes, 4096);
        sample.FilesystemsPublished = true;
        Container container = NewContainer("web") with { Birth = new ContainerBirth(1_699_999_999_500_000_000, 1) };

        string[] lines = Page(PageFormat.Text, (container, sample), (NewContainer("old"), NewSample()));

        const string Labels = "{id=\"/docker/web\",image=\"busybox\",name=\"web\"} ";
        foreach (string line in (string[])
            [
                "container_spec_cpu_shares" + Labels + "2597", "container_spec_cpu_quota" + Labels + "25000", "container_spec_cpu_period" + Labels + "100000",
                "container_health_state" + Labels + "1", "container_memory_events_max_total" + Labels + "35", "container_fs_inodes_total" + Labels + "393216",
                "container_fs_inodes_free" + Labels + "383390", "container_creation_time_seconds" + Labels + "1699999999",
            ])
        {
            Assert.Contains(line, lines);
        }

        // A volume has no name of cAdvisor.
        Assert.Contains(lines, line => line.StartsWith("container_filesystem_used_bytes{", StringComparison.Ordinal) && line.EndsWith(",mount_point=\"/data\"} 4096", StringComparison.Ordinal));
        Assert.Single(lines, line => line.StartsWith("container_creation_time_seconds{", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("container_health_state{", StringComparison.Ordinal) && line.Contains("old", StringComparison.Ordinal) && line.EndsWith(" -1", StringComparison.Ordinal));
    }

    [Fact]
    public void Exit_stays_with_its_code_reason_totals_and_oom_events()
    {
        Container gone = NewContainer("gone");
        Cycle((gone, NewSample()));
        _samples.AcceptExit(gone, NewExit());

        string[] lines = Page(PageFormat.Text, (NewContainer("other"), NewSample()));

        const string Labels = "{id=\"/docker/gone\",image=\"busybox\",name=\"gone\"";
        Assert.Contains("container_exit_code" + Labels + "} 137", lines);
        Assert.Contains("container_exit_reason" + Labels + ",reason=\"oom\"} 1", lines);
        Assert.Contains("container_exit_cpu_usage_seconds_total" + Labels + "} 1.5", lines);
        Assert.Contains("container_exit_time_seconds" + Labels + "} 1700000001", lines);
        Assert.Contains("container_oom_events_total" + Labels + "} 1", lines);
        Assert.DoesNotContain(lines, line => line.StartsWith("container_last_seen" + Labels, StringComparison.Ordinal));
    }

    [Fact]
    public void Exit_of_an_earlier_life_leaves_the_series_of_the_next_one_alone()
    {
        Container first = NewContainer("web");
        Cycle((first, NewSample()));
        _samples.AcceptExit(first, NewExit());
        ContainerSample sample = NewSample();
        sample.Scalars.Set(Reading.MemoryOomKills, 0);

        string[] lines = Page(PageFormat.Text, (NewContainer("web"), sample));

        Assert.EndsWith("} 0", Assert.Single(lines, line => line.StartsWith("container_oom_events_total{", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Single(lines, line => line.StartsWith("container_exit_code{", StringComparison.Ordinal));
    }

    private static ContainerSample NewSample() => new() { TimestampNs = At, State = ContainerState.Running };

    private static NsCollector.Sample.Events.ExitSample NewExit()
    {
        var exit = new NsCollector.Sample.Events.ExitSample { TimestampNs = 1_700_000_001_000_000_000 };
        exit.Readings.Set(Reading.ExitCode, 137);
        exit.Readings.Set(Reading.ExitReason, 3);
        exit.Readings.Set(Reading.ExitOomKills, 1);
        exit.Readings.Set(Reading.ExitCpuUsageNs, 1_500_000_000);
        return exit;
    }

    private Container NewContainer(string name, ImmutableArray<KeyValuePair<string, string>> labels = default) =>
        new(_nextKey++, new ContainerIdentity(ContainerRuntime.Docker, new string('a', 64), name, "busybox", Labels: labels), "/docker/" + name, null);

    private void Cycle(params (Container Container, ContainerSample Sample)[] containers)
    {
        _samples.BeginCycle(new ContainerList(1, [.. containers.Select(one => one.Container)]));
        foreach ((Container container, ContainerSample sample) in containers) _samples.Accept(container, sample);
        _samples.AcceptAgent(new AgentSnapshot("", new AgentSnapshot("main")));
        _samples.EndCycle(new CycleReport());
    }

    private string[] Page(PageFormat format, params (Container, ContainerSample)[] containers)
    {
        if (containers.Length > 0) Cycle(containers);
        var page = new MetricsPage(PageForm.Complete(new PageOptions()));
        LatestCycle cycle = _samples.Acquire();
        var text = new StringBuilder();
        page.Begin(cycle, format);
        while (page.Next() is { Length: > 0 } piece) text.Append(Encoding.UTF8.GetString(piece.Span));
        _samples.Release(cycle);
        return text.ToString().TrimEnd('\n').Split('\n');
    }
}
