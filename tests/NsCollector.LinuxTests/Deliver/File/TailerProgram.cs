namespace NsCollector.LinuxTests.Deliver.File;

/// <summary>A real program that follows a file, and copies its lines to another one.</summary>
internal sealed class TailerProgram : IDisposable
{
    internal static readonly string Rsyslogd = Repository.PathOf("artifacts/unpacked/rsyslog/usr/sbin/rsyslogd");
    internal static readonly string SyslogNg = Repository.PathOf("artifacts/unpacked/syslog-ng-core/usr/sbin/syslog-ng");

    private readonly ServerProcess _process;

    private TailerProgram(string work, string copy, string script, params string[] arguments)
    {
        Copy = copy;
        _process = new ServerProcess(Path.Combine(work, Path.GetFileName(copy) + ".log"), "sh", ["-c", script, "sh", .. arguments]);
    }

    /// <summary>The copy. It may not exist before the first line.</summary>
    internal string Copy { get; }

    internal string Log => _process.Log;

    internal static TailerProgram Tail(string work, string followed)
    {
        string copy = Path.Combine(work, "tail");
        return new(work, copy, "exec tail -n +1 -F \"$1\" > \"$2\"", followed, copy);
    }

    internal static TailerProgram Rsyslog(string work, string followed)
    {
        string copy = Path.Combine(work, "rsyslog");
        string configuration = copy + ".conf";
        System.IO.File.WriteAllText(configuration, $$"""
            global(workDirectory="{{work}}" maxMessageSize="64k")
            module(load="imfile")
            template(name="line" type="string" string="%rawmsg%\n")
            ruleset(name="copy") { action(type="omfile" file="{{copy}}" template="line") }
            input(type="imfile" File="{{followed}}" Tag="metrics" ruleset="copy")

            """);
        string modules = Path.GetDirectoryName(
            Directory.GetFiles(Repository.PathOf("artifacts/unpacked/rsyslog/usr/lib"), "imfile.so", SearchOption.AllDirectories).Single())!;
        return new(work, copy, "exec \"$1\" -n -f \"$2\" -i \"$2.pid\" -M \"$3\"", Rsyslogd, configuration, modules);
    }

    internal static TailerProgram SyslogNgDaemon(string work, string followed)
    {
        string copy = Path.Combine(work, "syslog-ng");
        string configuration = copy + ".conf";
        System.IO.File.WriteAllText(configuration, $$"""
            @version: 3.38
            options { log-msg-size(65536); stats-freq(0); };
            source metrics { file("{{followed}}" flags(no-parse)); };
            destination copy { file("{{copy}}" template("$MSG\n") flush-lines(1)); };
            log { source(metrics); destination(copy); flags(flow-control); };

            """);
        string libraries = Path.GetFullPath(Path.Combine(SyslogNg, "../../lib/syslog-ng"));
        string modules = Directory.GetDirectories(libraries).First(directory => char.IsDigit(Path.GetFileName(directory)[0]));
        return new(work, copy,
            "LD_LIBRARY_PATH=\"$3\" exec \"$1\" --foreground --no-caps -f \"$2\" --module-path \"$4\" --persist-file \"$2.persist\" --pidfile \"$2.pid\" --control \"$2.control\"",
            SyslogNg, configuration, libraries, modules);
    }

    /// <summary>Starts it and waits until it has copied a first line.</summary>
    internal void Start() => _process.Start(() => System.IO.File.Exists(Copy) && new FileInfo(Copy).Length > 0);

    public void Dispose() => _process.Dispose();
}
