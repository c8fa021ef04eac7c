using System.Collections.Frozen;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using NsCollector.Deliver.File;
using NsCollector.Deliver.Influx;
using NsCollector.Deliver.Spool;
using NsCollector.Discover;
using NsCollector.Encode;
using NsCollector.Host.Configuration.Values;
using NsCollector.Host.Logging;
using NsCollector.Linux.Interop;
using NsCollector.Sample;

namespace NsCollector.Host.Configuration;

/// <summary>
/// Every key that exists. From this table the configuration is read and checked, and docs/configuration.md and
/// packaging/nscollector.conf are generated. A new option: its property in a room's record, then its line here.
/// </summary>
internal static class ConfigurationKeys
{
    /// <summary>The most static tags; each is on every point.</summary>
    internal const int MaxTags = 64;

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private static readonly ConfigurationSection Agent = new("agent", false, "The agent as a whole.");
    private static readonly ConfigurationSection Network = new("network", false, "What is read in the network namespaces of the containers.");
    private static readonly ConfigurationSection Cgroup = new("cgroup", false, "What is read from the containers' cgroups.");
    private static readonly ConfigurationSection Discovery = new("discovery", false, "How containers are found and named.");
    private static readonly ConfigurationSection FilterSection = new("filter", false,
        "Which containers are sampled: those that match an include (or all, if there is none) and no exclude. `*` stands for any characters.");
    private static readonly ConfigurationSection Identity = new("identity", false, "What containers are called in tags: how the series of one are told from those of another, and which labels come along.");
    private static readonly ConfigurationSection TagsSection = new("tags", false, "Tags of your own, on every point.");
    private static readonly ConfigurationSection EncodeSection = new("encode", false, "How points are packed.");
    private static readonly ConfigurationSection File = new("file", true,
        "A file that lines are appended to; any number of these sections, each with a NAME of its own (letters, digits, `_`, `.`, `-`). " +
        "Without any sink there is one, `[file:main]`, with the defaults below; naming one, of this kind or another, replaces it.")
        {
            NewSink = (name, draft) => new FileSinkOptions { Name = name, Path = draft.DefaultPath },
        };
    private static readonly ConfigurationSection Influx = new("influx", true,
        "A server that lines are posted to: InfluxDB 1.x, 2.x or 3.x, or what takes the same requests (VictoriaMetrics, vmagent, Telegraf). " +
        "Any number of these sections, each with a NAME of its own; each has its own queue and spool, so that none waits for another. " +
        "Secrets stand in files of their own, which others may not read: in /etc/nscollector/credentials, from which the unit hands them over (`LoadCredential=`), and are given by their plain names; or anywhere, by absolute path.")
        {
            NewSink = (name, _) => new InfluxSinkOptions { Name = name },
            NameProblem = InfluxSinkRules.NameProblem,
        };
    private static readonly ConfigurationSection Spool = new("spool", false,
        "Where lines wait on disk until an InfluxDB server has taken them, in one directory for each such sink. File sinks have no part in it.");

    /// <summary>The sections, in the order of the documentation.</summary>
    internal static ImmutableArray<ConfigurationSection> Sections { get; } =
        [Agent, Network, Cgroup, Discovery, FilterSection, Identity, TagsSection, EncodeSection, File, Influx, Spool];

    /// <summary>Tag keys that the schema uses itself.</summary>
    internal static FrozenSet<string> ReservedTags { get; } = new[]
    {
        "host", "runtime", "container", "image", "id", "namespace", "pod",
        "interface", "device", "core", "resource", "pagesize", "sink", "time",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>The keys, in the order of the documentation.</summary>
    internal static ImmutableArray<ConfigurationKey> All { get; } =
    [
        Sampling(Agent, "interval", new DurationValue(TimeSpan.FromMilliseconds(100), Day), s => s.Interval, (s, v) => s with { Interval = v },
            "From the start of one cycle to the start of the next."),
        new ConfigurationKey<string>
        {
            Section = Agent, Name = "host", Help = "The value of the tag `host` on every point.",
            DefaultInWords = "the host's name", Example = "node-1",
            Value = new TextValue("a name of at most 255 characters", 255),
            Get = (_, _) => null, Set = (draft, _, value) => draft.Encode = draft.Encode with { Host = value },
        },
        Sampling(Agent, "align", new SwitchValue(), s => s.Align, (s, v) => s with { Align = v },
            "Start cycles at multiples of the interval on the host's clock, so that the points of all hosts fall together."),
        Sampling(Agent, "jitter", new DurationValue(TimeSpan.FromMilliseconds(1), Day, zeroAllowed: true), s => s.Jitter, (s, v) => s with { Jitter = v },
            "Put every cycle off by a constant drawn once between zero and this, so that a fleet does not act at once. Shorter than the interval."),
        new ConfigurationKey<TimeSpan>
        {
            Section = Agent, Name = "stop_timeout", Value = new DurationValue(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)),
            Help = "How long stopping may take on a busy host: the last cycle is finished and the sinks are flushed, for which a server or disk that hangs has a quarter of this. At least 2 s shorter than TimeoutStopSec= of the unit (10 s).",
            Get = (draft, _) => draft.StopTimeout, Set = (draft, _, value) => draft.StopTimeout = value,
        },
        Logging("log_level",
            new ChoiceValue<LogLevel>(("debug", LogLevel.Debug), ("info", LogLevel.Information), ("warning", LogLevel.Warning), ("error", LogLevel.Error)),
            l => l.Level, (l, v) => l with { Level = v },
            "The least severe messages that are logged. All go to standard error."),
        Logging("log_format", new ChoiceValue<LogFormat>(("auto", LogFormat.Auto), ("text", LogFormat.Text), ("journald", LogFormat.Journald)),
            l => l.Format, (l, v) => l with { Format = v },
            "`text` for people, `journald` with the priority in front, `auto` chooses by whether standard error is the journal."),

        Sampling(Network, "mode",
            new ChoiceValue<NetworkMode>(("auto", NetworkMode.Auto), ("visit", NetworkMode.Visit), ("proc", NetworkMode.Proc), ("off", NetworkMode.Off)),
            s => s.Network, (s, v) => s with { Network = v },
            "How the counters are reached: `visit` enters each namespace (CAP_SYS_ADMIN, CAP_SYS_PTRACE), `proc` reads /proc/PID/net without entering, `auto` visits where permitted, `off` reads none."),
        Sampling(Network, "protocols", new SwitchValue(), s => s.Protocols, (s, v) => s with { Protocols = v },
            "Measurements container_tcp and container_udp."),
        Sampling(Network, "conntrack", new SwitchValue(), s => s.Conntrack, (s, v) => s with { Conntrack = v },
            "Measurement container_conntrack; only by visit."),
        Sampling(Network, "loopback", new SwitchValue(), s => s.Loopback, (s, v) => s with { Loopback = v },
            "Report the interface `lo` too."),
        Sampling(Network, "max_interfaces", new IntegerValue(1, 65536), s => s.MaxInterfaces, (s, v) => s with { MaxInterfaces = v },
            "The most interfaces reported of one namespace; more are counted and left out."),
        Sampling(Network, "namespace_roots", new ListValue("paths that begin with /", AbsolutePathProblem), s => s.NamespaceRoots, (s, v) => s with { NamespaceRoots = v },
            "The directories in which runtimes hold network namespaces by bind mounts, through which the last counters of a container are read at its end; what begins with /run/ is below `--run`."),
        Sampling(Network, "max_namespace_files", new IntegerValue(1, 10_000_000), s => s.MaxNamespaceFiles, (s, v) => s with { MaxNamespaceFiles = v },
            "The most files of one of these directories that are looked at; more are counted and left out."),
        Sampling(Network, "max_peers", new IntegerValue(1, NativeShim.MaxWatchPeers), s => s.MaxPeers, (s, v) => s with { MaxPeers = v },
            "The most interfaces of a namespace that no runtime holds, whose ends on the host are looked for to read the last counters there; with more, counted, the last sample's are taken."),

        Sampling(Cgroup, "cpu_cores", new SwitchValue(), s => s.CpuCores, (s, v) => s with { CpuCores = v },
            "Measurement container_cpu_core: one point a core (cgroup v1 only)."),
        Sampling(Cgroup, "memory_stat", new SwitchValue(), s => s.MemoryStat, (s, v) => s with { MemoryStat = v },
            "Measurement container_memory_stat: every key of memory.stat under the kernel's own name."),
        Sampling(Cgroup, "pressure", new SwitchValue(), s => s.Pressure, (s, v) => s with { Pressure = v },
            "Measurement container_pressure, where the kernel offers it."),
        Sampling(Cgroup, "blkio", new SwitchValue(), s => s.Blkio, (s, v) => s with { Blkio = v },
            "Measurement container_blkio."),
        Sampling(Cgroup, "hugetlb", new SwitchValue(), s => s.Hugetlb, (s, v) => s with { Hugetlb = v },
            "Measurement container_hugetlb."),
        Sampling(Cgroup, "max_devices", new IntegerValue(1, 65536), s => s.MaxDevices, (s, v) => s with { MaxDevices = v },
            "The most block devices reported of one container; more are counted and left out."),
        Sampling(Cgroup, "max_held_files", new IntegerValue(0, 100_000_000), s => s.MaxHeldFiles, (s, v) => s with { MaxHeldFiles = v },
            "How many cgroup files may be held open between cycles; 0 means what the limit on open files leaves. Past it files are opened each time, which costs more and is reported."),
        Sampling(Cgroup, "limits_interval", new DurationValue(TimeSpan.FromMilliseconds(100), Day), s => s.LimitsInterval, (s, v) => s with { LimitsInterval = v },
            "How often limits and states, which change seldom, are read again."),

        Discovering("interval", new DurationValue(TimeSpan.FromMilliseconds(100), Day), d => d.Interval, (d, v) => d with { Interval = v },
            "Between two full walks of the cgroup tree, which find what the kernel's notifications (inotify) did not tell. Where it can tell nothing, walks are 10 s apart at the most."),
        Discovering("max_watches", new IntegerValue(0, 1_000_000), d => d.MaxWatches, (d, v) => d with { MaxWatches = v },
            "The most cgroup directories that are watched for births (inotify); more are counted, and what is made in them is found by the walks. Of directories in which containers are not to be expected an eighth of this at the most."),
        Discovering("systemd_services", new SwitchValue(), d => d.SystemdServices, (d, v) => d with { SystemdServices = v },
            "Sample systemd services as if they were containers, with the runtime `systemd`."),
        Discovering("cgroup_paths", new ListValue("globs of cgroup paths that begin with /", AbsolutePathProblem), d => d.CgroupPaths, (d, v) => d with { CgroupPaths = v },
            "Further cgroups that count as containers, with the runtime `cgroup`; their paths below the hierarchy's root.", example: "/build/*, /vm/*"),
        Discovering("docker_roots", new ListValue("paths that begin with /", AbsolutePathProblem), d => d.DockerRoots, (d, v) => d with { DockerRoots = v },
            "Docker's data roots, searched in order for the names of containers."),
        Discovering("podman_roots", new ListValue("paths that begin with /", AbsolutePathProblem), d => d.PodmanRoots, (d, v) => d with { PodmanRoots = v },
            "Podman's storage roots, searched in order for the names of containers."),
        DiscoveringBelowRun("containerd_states", (d, v) => d with { ContainerdStates = v },
            "containerd's state directories, searched in order for the names of containers.", "`containerd` and `k3s/containerd` below the run directory", "/run/containerd"),
        DiscoveringBelowRun("crio_run_roots", (d, v) => d with { CrioRunRoots = v },
            "The run roots of CRI-O's storage, searched in order for the names of containers.", "`containers/storage` below the run directory", "/run/containers/storage"),
        Discovering("lxd_roots", new ListValue("paths that begin with /", AbsolutePathProblem), d => d.LxdRoots, (d, v) => d with { LxdRoots = v },
            "The directories of LXD and Incus, which tell the project of an instance from its name."),
        Discovering("docker_sockets", new ListValue("paths of sockets, which begin with /", InfluxSinkRules.SocketProblem), d => d.DockerSockets, (d, v) => d with { DockerSockets = v },
            "The sockets of Docker's Engine API (or of what serves the same) that tell names and labels, and renames at once. Empty: no daemon is asked. None is waited for."),
        Discovering("podman_sockets", new ListValue("paths of sockets, which begin with /", InfluxSinkRules.SocketProblem), d => d.PodmanSockets, (d, v) => d with { PodmanSockets = v },
            "The same of podman. Where systemd listens for it, a connection starts podman's service, and keeps it.", example: "/run/podman/podman.sock"),
        Discovering("engine_timeout", new DurationValue(TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)), d => d.EngineTimeout, (d, v) => d with { EngineTimeout = v },
            "How long such a daemon may take to answer; for the list of all containers six times as long."),
        Discovering("max_engine_answer", new SizeValue(64 << 10, 4L << 30), d => d.MaxEngineAnswerBytes, (d, v) => d with { MaxEngineAnswerBytes = v },
            "How many bytes of such an answer are read; the containers behind go by what else is known of them. It is read piece by piece, and not held."),
        Discovering("max_containers", new IntegerValue(1, 1_000_000), d => d.MaxContainers, (d, v) => d with { MaxContainers = v },
            "The most containers that are followed; more are counted, logged and left out."),
        Discovering("max_cgroups", new IntegerValue(100, 10_000_000), d => d.MaxCgroups, (d, v) => d with { MaxCgroups = v },
            "The most cgroup directories of a hierarchy that are looked at; more are counted and left out."),
        Discovering("max_cgroups_in_container", new IntegerValue(10, 1_000_000), d => d.MaxCgroupsInContainer, (d, v) => d with { MaxCgroupsInContainer = v },
            "The most of them inside one container, so that none can use up the room of the others."),
        Discovering("max_state_file", new SizeValue(4096, 256L << 20), d => d.MaxStateFileBytes, (d, v) => d with { MaxStateFileBytes = (int)v },
            "The largest state file of a runtime that is read; a larger one counts as unreadable."),
        Discovering("real_time", new SwitchValue(), d => d.RealTime, (d, v) => d with { RealTime = v },
            "Whether the thread that reads the last totals of a container that ends asks for real-time priority (SCHED_FIFO, 1). With `off`, or where it is refused, it has the lowest nice value that it may have, and on a busy host comes too late for some."),
        Discovering("exit_buffer_size", new SizeValue(64 << 10, 1 << 30), d => d.ExitBufferBytes, (d, v) => d with { ExitBufferBytes = v },
            "How many bytes of last totals may wait in memory to be taken up, some 2 KiB a container; past it they are left out and counted. That a container has ended is told all the same."),

        Filtering("include", ContainerGlobs(), f => f.Include, (f, v) => f with { Include = v },
            "The containers to sample, as RUNTIME/NAME; empty means all.", "docker/*, lxc/web-*"),
        Filtering("exclude", ContainerGlobs(), f => f.Exclude, (f, v) => f with { Exclude = v },
            "The containers not to sample, as RUNTIME/NAME; they win over `include`.", "*/test-*"),
        Filtering("include_image", new ListValue("globs of image names", _ => null), f => f.IncludeImage, (f, v) => f with { IncludeImage = v },
            "The images whose containers are sampled; empty means all.", "registry.example/*"),
        Filtering("exclude_image", new ListValue("globs of image names", _ => null), f => f.ExcludeImage, (f, v) => f with { ExcludeImage = v },
            "The images whose containers are not sampled; they win over `include_image`.", "*pause*"),

        new ConfigurationKey<IdTag>
        {
            Section = Identity, Name = "id",
            Help = "When points carry the tag `id`, 12 characters of the container's id: `collision`, where two live containers would share a series; `tag`, always.",
            Value = new ChoiceValue<IdTag>(("collision", IdTag.Collision), ("tag", IdTag.Tag)),
            Get = (draft, _) => draft.Encode.IdTag, Set = (draft, _, value) => draft.Encode = draft.Encode with { IdTag = value },
        },
        Identifying("labels", new ListValue("globs of label keys", _ => null), i => i.Labels, (i, v) => i with { Labels = v },
            "The labels that become tags `label_KEY`: Docker's labels, the annotations of the OCI bundle of containerd, the labels of CRI-O's pods. Each distinct value makes new series in the databases.",
            "com.docker.compose.*, team"),
        Identifying("max_label_keys", new IntegerValue(1, 10_000), i => i.MaxLabelKeys, (i, v) => i with { MaxLabelKeys = v },
            "The most distinct keys of labels from the agent's start on; labels under further ones are counted and left out."),
        Identifying("max_label_values", new IntegerValue(1, 1_000_000), i => i.MaxLabelValues, (i, v) => i with { MaxLabelValues = v },
            "The most distinct values of each label from the agent's start on; further ones are counted and left out."),
        Identifying("max_image_values", new IntegerValue(1, 10_000_000), i => i.MaxImageValues, (i, v) => i with { MaxImageValues = v },
            "The most distinct images from the agent's start on; further ones are counted and make no tag `image`."),

        new ConfigurationKey<string>
        {
            Section = TagsSection, Name = "KEY",
            Help = $"A tag KEY with this value on every point. At most {MaxTags}; the schema's own ({string.Join(", ", ReservedTags.Order(StringComparer.Ordinal))}, and all that begin with label_ or _) are refused.",
            DefaultInWords = "none", Example = "datacenter = fra1",
            Value = new TextValue("a text of at most 255 characters", 255),
            Get = (_, _) => null, Set = (draft, key, value) => draft.Tags[key] = value,
        },

        new ConfigurationKey<long>
        {
            Section = EncodeSection, Name = "batch_size",
            Help = "The size of a batch of lines, which is what sinks queue, write and drop; a point that is longer is dropped and counted.",
            Value = new SizeValue(16 << 10, 16 << 20),
            Get = (draft, _) => draft.Encode.BatchBytes, Set = (draft, _, value) => draft.Encode = draft.Encode with { BatchBytes = (int)value },
        },

        new ConfigurationKey<string>
        {
            Section = File, Name = "path",
            Help = "The file; `-` is standard output. Its directory must exist. No two sinks may share a file.",
            DefaultInWords = "`/var/log/nscollector/metrics.lp` when run as a service, else `metrics.lp` in the current directory",
            Example = "/var/log/nscollector/metrics.lp",
            Value = new TextValue("the path of a file, or -", 4095, FilePathProblem),
            Get = (_, _) => null, Set = (draft, name, value) => draft.SetSink(File, name, ((FileSinkOptions)draft.Sink(File, name)) with { Path = value }),
        },
        Filing("mode", new FileModeValue(), f => f.Mode, (f, v) => f with { Mode = v },
            "The permission bits of a file that is made."),
        Filing("owner", new TextValue("the name or number of a user", 64, AccountProblem), f => f.Owner, (f, v) => f with { Owner = v },
            "The user a new file is given to.", "the agent's own", "telegraf"),
        Filing("group", new TextValue("the name or number of a group", 64, AccountProblem), f => f.Group, (f, v) => f with { Group = v },
            "The group a new file is given to.", "the agent's own", "telegraf"),
        Filing("rotate_size", new SizeValue(4096, 16L << 40, zeroAllowed: true), f => f.RotateBytes, (f, v) => f with { RotateBytes = v },
            "A file that would grow over this is rotated first; 0 means never by size."),
        Filing("rotate_age", new DurationValue(TimeSpan.FromSeconds(1), TimeSpan.FromDays(3650), zeroAllowed: true), f => f.RotateAge, (f, v) => f with { RotateAge = v },
            "A file older than this is rotated; 0 means never by age."),
        Filing("rotate_keep", new IntegerValue(0, 10_000), f => f.RotateKeep, (f, v) => f with { RotateKeep = v },
            "How many rotated files are kept."),
        Filing("rotate_gzip", new SwitchValue(), f => f.RotateGzip, (f, v) => f with { RotateGzip = v },
            "Compress rotated files."),
        Filing("queue_size", new SizeValue(64 << 10, 64L << 30), f => f.QueueBytes, (f, v) => f with { QueueBytes = v },
            "How many bytes may wait in memory for the disk before the oldest batch is dropped and counted; at least one batch."),
        Filing("retry_interval", new DurationValue(TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)), f => f.RetryInterval, (f, v) => f with { RetryInterval = v },
            "How long after a failure the next try comes."),

        new ConfigurationKey<string>
        {
            Section = Influx, Name = "url",
            Help = "The server, perhaps with a path in front of the interface's own (`https://example/influx`). No user, password or query.",
            DefaultInWords = "none; it must be given", Example = "http://localhost:8086",
            Value = new TextValue("a URL such as http://HOST:PORT or https://HOST:PORT/PATH", 2048, InfluxSinkRules.UrlProblem),
            Get = (_, _) => null, Set = (draft, name, value) => draft.SetSink(Influx, name, ((InfluxSinkOptions)draft.Sink(Influx, name)) with { Url = value }),
        },
        Posting("version", new ChoiceValue<InfluxVersion>(("1", InfluxVersion.V1), ("2", InfluxVersion.V2), ("3", InfluxVersion.V3)), i => i.Version, (i, v) => i with { Version = v },
            "The write interface: `1` is /write, `2` is /api/v2/write, `3` is /api/v3/write_lp. VictoriaMetrics, vmagent and Telegraf take `1` or `2`."),
        PostingText("database", "a name of at most 255 characters", 255, (i, v) => i with { Database = v },
            "Versions 1 and 3: the database.", "none; versions 1 and 3 need it", "telemetry"),
        PostingText("retention_policy", "a name of at most 255 characters", 255, (i, v) => i with { RetentionPolicy = v },
            "Version 1: the retention policy.", "the database's own", "autogen"),
        PostingText("consistency", "one of any, one, quorum, all", 16, (i, v) => i with { Consistency = v.ToLowerInvariant() },
            "Version 1: how many nodes of a cluster must have a write before it is taken.", "the server's own", "one",
            text => text.ToLowerInvariant() is "any" or "one" or "quorum" or "all" ? null : "there is no such level"),
        Posting("create_database", new SwitchValue(), i => i.CreateDatabase, (i, v) => i with { CreateDatabase = v },
            "Version 1: create the database where the server says that it has none of this name; the user must have the right to."),
        PostingText("org", "a name or id of at most 255 characters", 255, (i, v) => i with { Organisation = v },
            "Version 2: the organisation, by name or id.", "none; version 2 needs it", "example"),
        PostingText("bucket", "a name of at most 255 characters", 255, (i, v) => i with { Bucket = v },
            "Version 2: the bucket.", "none; version 2 needs it", "telemetry"),
        Posting("accept_partial", new SwitchValue(), i => i.AcceptPartial, (i, v) => i with { AcceptPartial = v },
            "Version 3: whether the server keeps the good lines of a batch where some are bad."),
        Posting("no_sync", new SwitchValue(), i => i.NoSync, (i, v) => i with { NoSync = v },
            "Version 3: whether the server may answer before the lines are safe with it. With `on`, lines are lost where the server crashes after that."),
        PostingText("user", "a name of at most 255 characters, without a colon", 255, (i, v) => i with { User = v },
            "Version 1: the user; the password stands in `password_file`.", "none", "nscollector",
            text => text.Contains(':', StringComparison.Ordinal) ? "no user can have this name" : null),
        PostingFile("password_file", (i, v) => i with { PasswordFile = v },
            "Version 1: the file with the user's password. It may not be readable by all.", "none", "/etc/nscollector/influx.password"),
        PostingFile("token_file", (i, v) => i with { TokenFile = v },
            "The file with the token. It may not be readable by all.", "none", "/etc/nscollector/influx.token"),
        PostingText("unix_socket", "the absolute path of a socket", 107, (i, v) => i with { UnixSocket = v },
            "A unix socket to connect to instead of the host and port of the `url`.", "none", "/run/telegraf/influx.sock", InfluxSinkRules.SocketProblem),
        Posting("proxy", new SwitchValue(), i => i.UseProxy, (i, v) => i with { UseProxy = v },
            "Whether the proxy that the environment names is used (`http_proxy`, `https_proxy`, `all_proxy`, `no_proxy`)."),
        Posting("gzip", new SwitchValue(), i => i.Gzip, (i, v) => i with { Gzip = v },
            "Whether lines are sent compressed."),
        Posting("expect_continue", new SwitchValue(), i => i.ExpectContinue, (i, v) => i with { ExpectContinue = v },
            "Whether the server is asked before lines are sent (`Expect: 100-continue`), so that a refusal arrives instead of a broken connection."),
        Posting("connect_timeout", new DurationValue(TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)), i => i.ConnectTimeout, (i, v) => i with { ConnectTimeout = v },
            "How long a connection may take, TLS included."),
        Posting("timeout", new DurationValue(TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)), i => i.Timeout, (i, v) => i with { Timeout = v },
            "How long a whole request may take, its answer included."),
        PostingFile("tls_ca_file", (i, v) => i with { TlsCaFile = v },
            "PEM file of the authorities that are trusted instead of the system's.", "the system's", "/etc/nscollector/ca.pem"),
        PostingFile("tls_certificate_file", (i, v) => i with { TlsCertificateFile = v },
            "PEM file of the certificate, with its chain, that this agent shows the server.", "none", "/etc/nscollector/client.pem"),
        PostingFile("tls_key_file", (i, v) => i with { TlsKeyFile = v },
            "PEM file of that certificate's key. It may not be readable by all.", "none", "/etc/nscollector/client.key"),
        Posting("tls_verify", new SwitchValue(), i => i.TlsVerify, (i, v) => i with { TlsVerify = v },
            "Whether the server's certificate is checked. With `off`, anybody between here and there can read and change all, the token too; it is logged as a warning."),
        Posting("retry_interval", new DurationValue(TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1)), i => i.RetryInterval, (i, v) => i with { RetryInterval = v },
            "The longest pause after the first failure; it doubles with each further one. The pause itself is drawn between zero and that."),
        Posting("retry_interval_max", new DurationValue(TimeSpan.FromMilliseconds(10), Day), i => i.RetryIntervalMax, (i, v) => i with { RetryIntervalMax = v },
            "The longest pause after any number of failures, and the pause where only an administrator can help (a wrong token, a missing bucket)."),
        Posting("retry_after_max", new DurationValue(TimeSpan.FromSeconds(1), Day, zeroAllowed: true), i => i.RetryAfterMax, (i, v) => i with { RetryAfterMax = v },
            "The longest pause that a server may ask for (`Retry-After`); a longer one is cut to this."),
        Posting("replay_rate", new SizeValue(4096, 1L << 40, zeroAllowed: true), i => i.ReplayBytesPerSecond, (i, v) => i with { ReplayBytesPerSecond = v },
            "How many bytes of lines a second are sent of what was left behind while the server was down, so that a server that recovers is not knocked down again; 0 means no bound."),
        Posting("queue_size", new SizeValue(64 << 10, 64L << 30), i => i.QueueBytes, (i, v) => i with { QueueBytes = v },
            "How many bytes of lines may wait in memory to be compressed and spooled before the oldest batch is dropped and counted; at least one batch."),
        Posting("memory_size", new SizeValue(64 << 10, 64L << 30), i => i.MemoryBytes, (i, v) => i with { MemoryBytes = v },
            "How many compressed bytes may wait in memory where the spool is off or cannot be written; past it the oldest are dropped and counted."),
        PostingText("refused_file", "the path of a file", 4095, (i, v) => i with { RefusedFile = v },
            "The file for lines that the server refuses for good, each under a comment with the reason. No two sinks may share a file.",
            "`NAME.refused.lp` in the directory of the spool", "/var/log/nscollector/refused.lp",
            text => text == "-" ? "standard output is no file" : FilePathProblem(text)),
        Posting("refused_file_size", new SizeValue(256 << 10, 16L << 40), i => i.RefusedFileBytes, (i, v) => i with { RefusedFileBytes = v },
            "How large that file and the one before it (`.1`) may be together; each gets half."),

        Spooling("enabled", new SwitchValue(), s => s.Enabled, (s, v) => s with { Enabled = v },
            "Whether there is a spool. Without it, what a server has not yet taken is held in memory only (`memory_size`), and lost when the agent ends."),
        new ConfigurationKey<string>
        {
            Section = Spool, Name = "path",
            Help = "The directory of the spool; it is made where it is missing, the one above it is not. Only one agent at a time can use it.",
            DefaultInWords = "`/var/lib/nscollector/spool` when run as a service, else `spool` in the current directory",
            Example = "/var/lib/nscollector/spool",
            Value = new TextValue("the path of a directory", 3800, text => text == "-" ? "standard output is no directory" : null),
            Get = (_, _) => null, Set = (draft, _, value) => draft.Spool = draft.Spool with { Path = value },
        },
        Spooling("sync", new ChoiceValue<SpoolSync>(("always", SpoolSync.Always), ("interval", SpoolSync.Interval), ("never", SpoolSync.Never)), s => s.Sync, (s, v) => s with { Sync = v },
            "When files are made safe against a power failure, which then loses: `always`, nothing but the cycle at hand; `interval`, at most `sync_interval` and a cycle; `never`, the last half minute or so. None of them loses anything when only the agent is killed."),
        Spooling("sync_interval", new DurationValue(TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)), s => s.SyncInterval, (s, v) => s with { SyncInterval = v },
            "With `sync = interval`: how often."),
        Spooling("max_size", new SizeValue(64 << 10, 16L << 40), s => s.MaxBytes, (s, v) => s with { MaxBytes = v },
            "How many bytes (compressed) the files of one sink may have; past it the oldest go, and are counted."),
        Spooling("max_files", new IntegerValue(1, 10_000_000), s => s.MaxFiles, (s, v) => s with { MaxFiles = v },
            "How many files one sink may have; past it the oldest go, and are counted."),
        Spooling("max_age", new DurationValue(TimeSpan.FromSeconds(1), TimeSpan.FromDays(3650), zeroAllowed: true), s => s.MaxAge, (s, v) => s with { MaxAge = v },
            "How long a file may wait; older ones go, and are counted. 0 means no bound."),
        Spooling("file_size", new SizeValue(16 << 10, 64 << 20), s => (long)s.FileBytes, (s, v) => s with { FileBytes = (int)v },
            "How many bytes of lines (uncompressed) a file, and so a request, may have; at least one batch. InfluxDB 3 takes at most 10 MiB."),
        Spooling("keep_damaged", new IntegerValue(0, 10_000), s => s.KeepDamaged, (s, v) => s with { KeepDamaged = v },
            "How many damaged files of one sink are kept to be looked at."),
    ];

    /// <summary>The section of this name, whatever its case.</summary>
    internal static ConfigurationSection? FindSection(string name) =>
        Sections.FirstOrDefault(section => section.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The keys of a section.</summary>
    internal static IEnumerable<ConfigurationKey> Of(ConfigurationSection section) => All.Where(key => key.Section == section);

    /// <summary>The key of this name, whatever its case.</summary>
    internal static ConfigurationKey? Find(ConfigurationSection section, string name) =>
        Of(section).FirstOrDefault(key => section == TagsSection || key.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether the administrator chooses the keys of this section.</summary>
    internal static bool HasFreeKeys(ConfigurationSection section) => section == TagsSection;

    private static ConfigurationKey<T> Sampling<T>(
        ConfigurationSection section, string name, ConfigurationValue<T> value, Func<SampleOptions, T> get, Func<SampleOptions, T, SampleOptions> set, string help) => new()
        {
            Section = section, Name = name, Help = help, Value = value,
            Get = (draft, _) => get(draft.Sample), Set = (draft, _, v) => draft.Sample = set(draft.Sample, v),
        };

    private static ConfigurationKey<T> Logging<T>(
        string name, ConfigurationValue<T> value, Func<LogOptions, T> get, Func<LogOptions, T, LogOptions> set, string help) => new()
        {
            Section = Agent, Name = name, Help = help, Value = value,
            Get = (draft, _) => get(draft.Log), Set = (draft, _, v) => draft.Log = set(draft.Log, v),
        };

    private static ConfigurationKey<T> Discovering<T>(
        string name, ConfigurationValue<T> value, Func<DiscoverOptions, T> get, Func<DiscoverOptions, T, DiscoverOptions> set, string help, string? example = null) => new()
        {
            Section = Discovery, Name = name, Help = help, Value = value, Example = example,
            Get = (draft, _) => get(draft.Discover), Set = (draft, _, v) => draft.Discover = set(draft.Discover, v),
        };

    // Empty stands for directories below --run, which the configuration does not know.
    private static ConfigurationKey<ImmutableArray<string>> DiscoveringBelowRun(
        string name, Func<DiscoverOptions, ImmutableArray<string>, DiscoverOptions> set, string help, string defaultInWords, string example) => new()
        {
            Section = Discovery, Name = name, Help = help, Value = new ListValue("paths that begin with /", AbsolutePathProblem),
            DefaultInWords = defaultInWords, Example = example,
            Get = (_, _) => [], Set = (draft, _, v) => draft.Discover = set(draft.Discover, v),
        };

    private static ConfigurationKey<T> Identifying<T>(
        string name, ConfigurationValue<T> value, Func<IdentityOptions, T> get, Func<IdentityOptions, T, IdentityOptions> set, string help, string? example = null) => new()
        {
            Section = Identity, Name = name, Help = help, Value = value, Example = example,
            Get = (draft, _) => get(draft.Identity), Set = (draft, _, v) => draft.Identity = set(draft.Identity, v),
        };

    private static ConfigurationKey<ImmutableArray<string>> Filtering(
        string name, ListValue value, Func<FilterOptions, ImmutableArray<string>> get, Func<FilterOptions, ImmutableArray<string>, FilterOptions> set, string help, string example) => new()
        {
            Section = FilterSection, Name = name, Help = help, Value = value, Example = example,
            Get = (draft, _) => get(draft.Filter), Set = (draft, _, v) => draft.Filter = set(draft.Filter, v),
        };

    private static ConfigurationKey<T> Filing<T>(
        string name, ConfigurationValue<T> value, Func<FileSinkOptions, T?> get, Func<FileSinkOptions, T, FileSinkOptions> set, string help,
        string? defaultInWords = null, string? example = null) => new()
        {
            Section = File, Name = name, Help = help, Value = value, DefaultInWords = defaultInWords, Example = example,
            Get = (draft, sink) => get((FileSinkOptions)draft.Sink(File, sink)), Set = (draft, sink, v) => draft.SetSink(File, sink, set((FileSinkOptions)draft.Sink(File, sink), v)),
        };

    private static ConfigurationKey<T> Posting<T>(
        string name, ConfigurationValue<T> value, Func<InfluxSinkOptions, T> get, Func<InfluxSinkOptions, T, InfluxSinkOptions> set, string help) => new()
        {
            Section = Influx, Name = name, Help = help, Value = value,
            Get = (draft, sink) => get((InfluxSinkOptions)draft.Sink(Influx, sink)), Set = (draft, sink, v) => draft.SetSink(Influx, sink, set((InfluxSinkOptions)draft.Sink(Influx, sink), v)),
        };

    // Such a text has no default: where it is not given, the words for it hold.
    private static ConfigurationKey<string> PostingText(
        string name, string wanted, int most, Func<InfluxSinkOptions, string, InfluxSinkOptions> set, string help, string defaultInWords, string example,
        Func<string, string?>? problemOf = null, bool namesSecretFile = false) => new()
        {
            Section = Influx, Name = name, Help = help, Value = new TextValue(wanted, most, problemOf), DefaultInWords = defaultInWords, Example = example,
            NamesSecretFile = namesSecretFile,
            Get = (_, _) => null, Set = (draft, sink, v) => draft.SetSink(Influx, sink, set((InfluxSinkOptions)draft.Sink(Influx, sink), v)),
        };

    private static ConfigurationKey<string> PostingFile(
        string name, Func<InfluxSinkOptions, string, InfluxSinkOptions> set, string help, string defaultInWords, string example) =>
        PostingText(name, "the absolute path of a file, or the name of one in /etc/nscollector/credentials", 4095, set, help, defaultInWords, example,
            InfluxSinkRules.CredentialProblem, namesSecretFile: true);

    private static ConfigurationKey<T> Spooling<T>(
        string name, ConfigurationValue<T> value, Func<SpoolOptions, T> get, Func<SpoolOptions, T, SpoolOptions> set, string help) => new()
        {
            Section = Spool, Name = name, Help = help, Value = value,
            Get = (draft, _) => get(draft.Spool), Set = (draft, _, v) => draft.Spool = set(draft.Spool, v),
        };

    private static ListValue ContainerGlobs() => new("globs of the form RUNTIME/NAME", glob =>
    {
        int slash = glob.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0) return "the runtime is missing, such as */" + Printable.Text(glob);
        string runtime = glob[..slash];
        if (runtime.AsSpan().IndexOfAny("*?[") >= 0) return null;
        IEnumerable<string> known = Enum.GetValues<ContainerRuntime>().Select(value => value.ToString().ToLowerInvariant());
        if (known.Contains(runtime)) return null;
        return NearestName.Find(runtime, known) is { } nearest
            ? $"no such runtime, did you mean {nearest}?"
            : "no such runtime, there are " + string.Join(", ", known);
    });

    private static string? AbsolutePathProblem(string path) => path.StartsWith('/') ? null : "this does not begin with /";

    private static string? FilePathProblem(string path) =>
        path.EndsWith('/') || path is "." or ".." || path.EndsWith("/.", StringComparison.Ordinal) || path.EndsWith("/..", StringComparison.Ordinal)
            ? "this is a directory"
            : null;

    private static string? AccountProblem(string name) =>
        name.Any(character => char.IsWhiteSpace(character) || character is ':' or '/' or ',') || name.StartsWith('-') ? "no account can have this name" : null;
}
